// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/auto_batch.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/line/batch_memory.hpp"
#include "pipeline/line/batch_search.hpp"

namespace fovea::pipeline {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// A size is watched for this long, and for so many batches; the first only warms up.
constexpr Seconds kWatched{0.4};
constexpr int kFewestBatches = 3;

/// Pictures a second with two batches in flight, by the fastest of several batches: what else
/// the machine does only makes one slower.
double throughput(vision::Inference& inference, int batch) {
  const auto launch = [&] {
    vision::Pending pending = inference.begin(batch);
    // Any pixels will do, but memory never written may be slow to read, or not numbers.
    for (int i = 0; i < batch; ++i) std::ranges::fill(pending.input(i), 0);
    pending.submit();
    return pending;
  };
  launch().finish();
  std::optional<vision::Pending> earlier = launch();
  const auto start = Clock::now();
  auto previous = start;
  Seconds fastest = Seconds::max();
  for (int done = 0; done < kFewestBatches || Clock::now() - start < kWatched; ++done) {
    std::optional<vision::Pending> later = launch();
    earlier->finish();
    const auto now = Clock::now();
    fastest = std::min<Seconds>(fastest, now - previous);
    previous = now;
    earlier = std::move(later);
  }
  earlier->finish();
  return batch / fastest.count();
}

BatchChoice measure(vision::Inference& inference, compute::Device& device, double memory_share) {
  const auto try_batch = [&](int batch) -> std::optional<BatchTrial> {
    try {
      inference.set_max_batch(batch);
    } catch (const OutOfMemory&) {
      if (batch == 1) throw;
      return std::nullopt;
    } catch (const ShapeError&) {  // more bytes in one tensor, or more groups, than it takes
      if (batch == 1) throw;
      return std::nullopt;
    }
    return BatchTrial{throughput(inference, batch), device.memory_in_use_bytes()};
  };
  BatchLimits limits;
  limits.memory_bytes = static_cast<std::uint64_t>(
      memory_share * static_cast<double>(device.limits().device_memory_bytes));
  return search_batch(try_batch, limits);
}

/// Everything the answer depends on.
std::string key_of(const vision::Inference& inference, const compute::Device& device,
                   const AutoBatchOptions& options) {
  return fmt::format("{} {} {} {} {}x{} {} {:.4g}", FOVEA_VERSION, device.info().uuid,
                     device.info().driver, options.model_sha256, inference.usual_size().h,
                     inference.usual_size().w, static_cast<int>(inference.options().precision),
                     options.memory_share);
}

}  // namespace

std::string settle_batch(vision::Inference& inference, compute::Device& device,
                         const AutoBatchOptions& options) {
  const BatchMemory memory(options.file);
  const std::string key = key_of(inference, device, options);
  if (const std::optional<BatchChoice> known = memory.recall(key)) {
    inference.set_max_batch(known->batch);
    return fmt::format("{}: {:.1f} pictures a second, {} (remembered in {})", known->batch,
                       known->images_per_s, known->why, memory.file().string());
  }
  const BatchChoice choice = measure(inference, device, options.memory_share);
  inference.set_max_batch(choice.batch);
  const bool kept = memory.remember(key, choice);
  return fmt::format("{}: {:.1f} pictures a second, {} (measured{})", choice.batch,
                     choice.images_per_s, choice.why, kept ? "" : "; not remembered");
}

}  // namespace fovea::pipeline
