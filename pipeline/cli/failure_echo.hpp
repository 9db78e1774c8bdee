// SPDX-License-Identifier: Apache-2.0
#pragma once
// Failures as lines on standard error, for runs without a table to show them.

#include <functional>
#include <string>

#include "pipeline/sinks/sink.hpp"

namespace fovea::pipeline {

class FailureEcho final : public Sink {
 public:
  /// `print` gets "photo.jpg: decode: reason" for the first failures, then one closing line.
  explicit FailureEcho(std::function<void(const std::string&)> print) : print_(std::move(print)) {}

  void write(const Outcome<Frame>& outcome) override;
  void finish(const RunSummary& summary) override;

 private:
  std::function<void(const std::string&)> print_;
  std::uint64_t failures_ = 0;
};

}  // namespace fovea::pipeline
