// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where pictures come from.

#include <optional>

#include "pipeline/frame.hpp"

namespace fovea::pipeline {

/// Gives pictures in order, then nothing. Called from one thread.
class Source {
 public:
  virtual ~Source() = default;
  /// The next picture; a Failure where one was named but is not to be had; nothing at the
  /// end. The line numbers them: `tag.index` is left 0. Throws Error when it cannot go on.
  virtual std::optional<Outcome<Packet>> next() = 0;
};

}  // namespace fovea::pipeline
