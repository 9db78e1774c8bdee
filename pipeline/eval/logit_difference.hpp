// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far two models' answers to the same pictures lie apart. Knows nothing of pictures.

#include <cstdint>
#include <optional>
#include <span>

namespace fovea::pipeline {

struct LogitDifference {
  std::uint64_t pictures = 0;
  std::uint64_t changed = 0;  // the largest logit is another class's
  std::uint64_t known = 0;    // of a class that is known; of those:
  std::uint64_t right_before = 0, right_after = 0;
  double max_abs = 0, mean_abs = 0;  // over all logits of all pictures
  double mean_range = 0;             // of the first model's logits: what max_abs is to be held to
  double mean_cosine = 1, min_cosine = 1;  // of the two vectors of logits

  double changed_share() const {
    return pictures == 0 ? 0 : static_cast<double>(changed) / static_cast<double>(pictures);
  }
};

class LogitCounter {
 public:
  /// `truth` is the picture's class where that is known. True when the first answer changed.
  /// Requires: before.size() == after.size() >= 1, all finite.
  bool add(std::span<const float> before, std::span<const float> after, std::optional<int> truth);
  LogitDifference result() const;

 private:
  LogitDifference sums_;
  std::uint64_t logits_ = 0;
};

}  // namespace fovea::pipeline
