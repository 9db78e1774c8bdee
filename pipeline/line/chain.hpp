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
  /// Throws ConfigError when a stage needs what no stage before it gives, or when there is no
  /// model. What stands before the first model has the picture alone to go by.
  Chain(Decode decode, std::vector<std::unique_ptr<Stage>> stages);

  const Decode& decode() const noexcept { return decode_; }
  std::size_t size() const noexcept { return stages_.size(); }
  Stage& stage(std::size_t i) const { return *stages_[i]; }
  /// Where the first model is: the stages before it are FrameStages.
  std::size_t first_model() const noexcept { return first_model_; }
  /// May the pixels go once stage i has prepared its input from them?
  bool releases_image(std::size_t i) const noexcept { return i >= last_image_stage_; }

 private:
  Decode decode_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::size_t first_model_ = 0, last_image_stage_ = 0;
};

}  // namespace fovea::pipeline
