// SPDX-License-Identifier: Apache-2.0
#include "vision/classify.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numeric>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::vision {

std::vector<Label> top_labels(std::span<const float> logits, std::span<const std::string> names,
                              int top) {
  assert(logits.size() == names.size() && !logits.empty() && top >= 1);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (!std::isfinite(logits[i])) {
      throw ModelError("the model answered with a number that is not finite",
                       fmt::format("logit {} ('{}') is {}", i, names[i], logits[i]),
                       "check the weights for damage, and try --precision fp32");
    }
  }
  std::vector<std::size_t> order(logits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t count = std::min(static_cast<std::size_t>(top), order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
                    });

  // Shifted by the largest logit, so that exp() cannot overflow.
  const double largest = logits[order.front()];
  double sum = 0;
  for (float logit : logits) sum += std::exp(logit - largest);
  std::vector<Label> labels;
  labels.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t id = order[i];
    labels.push_back({static_cast<int>(id), names[id],
                      static_cast<float>(std::exp(logits[id] - largest) / sum)});
  }
  return labels;
}

}  // namespace fovea::vision
