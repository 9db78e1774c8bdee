// SPDX-License-Identifier: Apache-2.0
#pragma once
// One classifier ready to run: weights on the device, one Program per batch size.
//
//   begin(n) -> Pending -> fill pending.input(i) -> submit() -> finish() -> logits
//
// Thread rule: begin() and submit() from one thread, Pending may move to another thread,
// which calls finish().

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "compute/device.hpp"
#include "compute/ops/transformer.hpp"
#include "compute/program.hpp"
#include "compute/tuner.hpp"
#include "vision/checkpoint/checkpoint.hpp"

namespace fovea::vision {

struct InferenceOptions {
  compute::ops::Precision precision = compute::ops::Precision::fp32;
  int max_batch = 1;  // pictures in one submission; larger costs memory and latency
  int slots = 2;      // submissions in flight at once
  compute::Timing timing = compute::Timing::run;
};

/// One batch on its way. Holds a slot until destroyed.
class Pending {
 public:
  int size() const noexcept { return size_; }
  /// Picture i's place [H, W, 3] u8, for Preprocessor::resize(); mapped memory to write into
  /// and never to read. Before submit().
  std::span<std::uint8_t> input(int i);
  void submit() { run_.submit(); }
  /// Waits. logits [size(), classes], row-major; valid while this Pending lives.
  std::span<const float> finish();
  /// Device time of the batch in nanoseconds, 0 where unknown. After finish().
  std::uint64_t device_ns() const { return run_.device_ns(); }
  /// Nanoseconds per step of Inference::program(); empty unless InferenceOptions::timing is
  /// `steps` and the device has timestamps. After finish().
  std::vector<std::uint64_t> step_ns() const { return run_.step_ns(); }

 private:
  friend class Inference;
  Pending(compute::Run run, int size, std::span<std::uint8_t> images, std::span<const float> logits)
      : run_(std::move(run)), size_(size), images_(images), logits_(logits) {}

  compute::Run run_;
  int size_;
  std::span<std::uint8_t> images_;  // of `size_` pictures
  std::span<const float> logits_;
};

class Inference {
 public:
  /// Uploads the weights and builds the program of max_batch. Programs of other sizes are built
  /// when first asked for and kept: powers of two below max_batch, so that all of them together
  /// need about twice the memory of the largest.
  /// Throws ModelError when the checkpoint's processor and model do not fit each other.
  Inference(compute::Device& device, const Checkpoint& checkpoint,
            const InferenceOptions& options = {});
  ~Inference();
  Inference(const Inference&) = delete;
  Inference& operator=(const Inference&) = delete;

  const VitConfig& config() const noexcept;
  const InferenceOptions& options() const noexcept;
  int classes() const noexcept { return static_cast<int>(config().labels.size()); }

  /// Size of the pictures that Pending::input() takes, in pixels.
  int input_h() const noexcept;
  int input_w() const noexcept;

  /// Throws ShapeError unless 1 <= n <= max_batch and fewer than `slots` Pendings are alive.
  /// Allocates nothing once a batch of this size was begun before.
  Pending begin(int n);
  /// Changes options().max_batch: builds its program, drops those of larger batches.
  /// Throws GpuError or ShapeError, and changes nothing, when the device cannot hold it.
  /// Requires: max_batch >= 1, no Pending is alive.
  void set_max_batch(int max_batch);
  /// The program that a batch of n runs (built if needed): what `explain` prints. Its batch is
  /// the next size kept, not smaller than n; the rows not filled are computed and not read.
  const compute::Program& program(int n);
  /// Measures the plans that the steps of a batch of n could run by, and keeps the fastest for
  /// programs that are built after it. (Opening does so for its own where the device tunes.)
  std::vector<compute::TunedStep> tune(int n, const compute::TuneOptions& options);
  /// Device memory of the weights.
  std::uint64_t weight_bytes() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea::vision
