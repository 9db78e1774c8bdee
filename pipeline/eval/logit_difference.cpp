// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/logit_difference.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace fovea::pipeline {
namespace {

int best(std::span<const float> logits) {
  return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace

bool LogitCounter::add(std::span<const float> before, std::span<const float> after,
                       std::optional<int> truth) {
  double product = 0, before_squared = 0, after_squared = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double a = before[i], b = after[i], difference = std::abs(a - b);
    sums_.max_abs = std::max(sums_.max_abs, difference);
    sums_.mean_abs += difference;
    product += a * b;
    before_squared += a * a;
    after_squared += b * b;
  }
  const auto [least, most] = std::minmax_element(before.begin(), before.end());
  sums_.mean_range += double{*most} - *least;
  const double lengths = std::sqrt(before_squared * after_squared);
  const double cosine = lengths > 0                       ? product / lengths
                        : before_squared == after_squared ? 1.0
                                                          : 0.0;
  if (sums_.pictures == 0) sums_.mean_cosine = 0;
  sums_.mean_cosine += cosine;
  sums_.min_cosine = std::min(sums_.min_cosine, cosine);
  logits_ += before.size();
  ++sums_.pictures;

  const int first = best(before), second = best(after);
  if (truth) {
    ++sums_.known;
    sums_.right_before += first == *truth ? 1 : 0;
    sums_.right_after += second == *truth ? 1 : 0;
  }
  if (first == second) return false;
  ++sums_.changed;
  return true;
}

LogitDifference LogitCounter::result() const {
  LogitDifference result = sums_;
  if (result.pictures == 0) return result;
  const auto pictures = static_cast<double>(result.pictures);
  result.mean_abs /= static_cast<double>(logits_);
  result.mean_range /= pictures;
  result.mean_cosine /= pictures;
  return result;
}

}  // namespace fovea::pipeline
