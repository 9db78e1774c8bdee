// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decoding and the stages in the order they run: everything between source and sinks.

#include <functional>
#include <memory>
#include <vector>

#include "pipeline/frame.hpp"
#include "pipeline/line/stage.hpp"

namespace fovea::pipeline {

/// A Packet to a Frame with its image. Any number of threads call it at once.
/// An exception other than fovea::Error is this picture's Failure.
using Decode = std::function<Frame(Packet)>;

class Chain {
 public:
  /// Throws ConfigError when a stage needs what no stage before it gives, or when the
  /// chain does not begin with a model.
  Chain(Decode decode, std::vector<std::unique_ptr<Stage>> stages);

  const Decode& decode() const noexcept { return decode_; }
  std::size_t size() const noexcept { return stages_.size(); }
  Stage& stage(std::size_t i) const { return *stages_[i]; }
  /// May the pixels go once stage i has prepared its input from them?
  bool releases_image(std::size_t i) const noexcept { return i >= last_image_stage_; }

 private:
  Decode decode_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::size_t last_image_stage_ = 0;
};

}  // namespace fovea::pipeline
