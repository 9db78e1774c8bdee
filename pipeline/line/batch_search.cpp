// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/batch_search.hpp"

#include <fmt/format.h>

namespace fovea::pipeline {

BatchChoice search_batch(const std::function<std::optional<BatchTrial>(int)>& try_batch,
                         const BatchLimits& limits) {
  BatchTrial best = try_batch(1).value();
  BatchChoice choice{1, best.images_per_s, {}};
  std::uint64_t smaller_bytes = 0;  // held before the best size was added: weights too, at first
  while (choice.why.empty()) {
    const int next = 2 * choice.batch;
    if (next > limits.most) {
      choice.why = fmt::format("{} is the largest batch", limits.most);
      break;
    }
    // Twice the pictures take about twice the memory, besides all that is held already.
    const std::uint64_t expected = best.device_bytes + 2 * (best.device_bytes - smaller_bytes);
    if (smaller_bytes > 0 && expected > limits.memory_bytes) {
      choice.why = fmt::format("batch {} would take more memory than is allowed", next);
      break;
    }
    const std::optional<BatchTrial> trial = try_batch(next);
    if (!trial) {
      choice.why = fmt::format("the device cannot hold batch {}", next);
    } else if (trial->device_bytes > limits.memory_bytes) {
      choice.why = fmt::format("batch {} takes more memory than is allowed", next);
    } else if (trial->images_per_s < choice.images_per_s * (1 + limits.least_gain)) {
      choice.why = fmt::format("batch {} is no faster", next);
    } else {
      smaller_bytes = best.device_bytes;
      best = *trial;
      choice = {next, best.images_per_s, {}};
    }
  }
  return choice;
}

}  // namespace fovea::pipeline
