// SPDX-License-Identifier: Apache-2.0
#pragma once
// `batch: auto` without a device: which batch sizes are tried, and which of them is taken.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace fovea::pipeline {

/// What a batch size was found to give.
struct BatchTrial {
  double images_per_s = 0;
  std::uint64_t device_bytes = 0;  // held with this size and all smaller ones ready to run
};

struct BatchLimits {
  int most = 1024;  // pictures
  /// Of the device, for weights and all batches together.
  std::uint64_t memory_bytes = UINT64_MAX;
  /// A doubled batch must be this much faster, as a share, to be worth its memory and delay.
  double least_gain = 0.03;
};

struct BatchChoice {
  int batch = 1;
  double images_per_s = 0;
  std::string why;  // "batch 16 is no faster"
};

/// Tries 1, 2, 4 ... up to `limits.most` until throughput stops growing or the next size would
/// pass `limits.memory_bytes`, judged by what the last one took. `try_batch` gives nothing for a
/// size that the device cannot hold; what it throws is thrown here. Requires: it holds size 1.
BatchChoice search_batch(const std::function<std::optional<BatchTrial>(int)>& try_batch,
                         const BatchLimits& limits);

}  // namespace fovea::pipeline
