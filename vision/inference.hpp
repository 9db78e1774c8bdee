// SPDX-License-Identifier: Apache-2.0
#pragma once
// One model ready to run: weights on the device, one Program per size of picture and batch.
//
//   begin(size, n) -> Pending -> fill pending.input(i) -> submit() -> finish() -> answers
//
// Thread rule: begin() and submit() from one thread, Pending may move to another thread,
// which calls finish().

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "compute/device.hpp"
#include "compute/ops/transformer.hpp"
#include "compute/program.hpp"
#include "compute/tuner.hpp"
#include "vision/attend/attend.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/input_size.hpp"

namespace fovea::vision {

class AttentionSteps;  // vision/attend/attention_steps.hpp

struct InferenceOptions {
  compute::ops::Precision precision = compute::ops::Precision::fp32;
  int max_batch = 1;  // pictures in one submission; larger costs memory and latency
  int slots = 2;      // submissions in flight at once
  compute::Timing timing = compute::Timing::run;
  /// Programs kept for other sizes of picture than the last: more of them build anew less often
  /// where sizes are mixed, and hold more memory (at most 1 GiB, but for what is in flight).
  int other_programs = 15;
  /// Of the sources, in all slots, that one program resizes.
  std::size_t staging_bytes = std::size_t{512} << 20;
  const std::atomic<bool>* stop = nullptr;  // once set, opening measures no more kernels
  /// What Pending::attention() is to give beside the answers, raw or rollout. Of raw, a layer
  /// costs the rows asked for; attention itself is computed as without.
  std::optional<AttentionRequest> attention;
};

/// Keeps a count above zero while it lives.
class InUse {
 public:
  explicit InUse(std::atomic<int>& count) : count_(&count) { count.fetch_add(1); }
  InUse(InUse&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  InUse& operator=(InUse&& other) noexcept {
    std::swap(count_, other.count_);
    return *this;
  }
  ~InUse() {
    if (count_ != nullptr) count_->fetch_sub(1);
  }

 private:
  std::atomic<int>* count_;
};

/// One batch on its way. Holds a slot until destroyed.
class Pending {
 public:
  int size() const noexcept { return size_; }
  /// Picture i's place, mapped memory to write into and never to read: [H, W, 3] u8, for
  /// Preprocessor::resize(), or the bytes of a source, for pack_source(). Before submit().
  std::span<std::uint8_t> input(int i);
  void submit() { run_.submit(); }
  /// Waits. answers [size(), answer_length()], row-major: a classifier's logits, a detector's
  /// predictions (YolosModel::forward()). Valid while this Pending lives.
  std::span<const float> finish();
  /// The token whose attention is asked for of picture i, AttentionQuery::patch alone:
  /// other_tokens() + MapBack::patch_at(), or any other of the sequence. Before submit(); CLS, or
  /// where there is none the first patch, unless it is called.
  void ask(int i, int token);
  /// Where picture i was looked at. After finish(). Requires: InferenceOptions::attention.
  AttentionMaps attention(int i) const;
  /// Device time of the batch in nanoseconds, 0 where unknown. After finish().
  std::uint64_t device_ns() const { return run_.device_ns(); }
  /// Nanoseconds per step of Inference::program(); empty unless InferenceOptions::timing is
  /// `steps` and the device has timestamps. After finish().
  std::vector<std::uint64_t> step_ns() const { return run_.step_ns(); }

 private:
  friend class Inference;
  Pending(InUse program, compute::Run run, int size, std::span<std::uint8_t> images,
          std::span<const float> answers, const AttentionSteps* attention, PatchGrid grid)
      : program_(std::move(program)),
        run_(std::move(run)),
        size_(size),
        images_(images),
        answers_(answers),
        attention_(attention),
        grid_(grid) {}

  InUse program_;  // before the run, which must not outlive it
  compute::Run run_;
  int size_;
  std::span<std::uint8_t> images_;  // of `size_` pictures
  std::span<const float> answers_;
  const AttentionSteps* attention_;  // null where none is asked for
  PatchGrid grid_;
};

class Inference {
 public:
  /// Uploads the weights and builds the program of max_batch pictures of the usual size. Programs
  /// of other batches are built when first asked for and kept: powers of two below max_batch, so
  /// that all of them together need about twice the memory of the largest. Those of other sizes
  /// of picture are kept too, and where they are too many, the one longest not used is dropped
  /// that is not in flight.
  /// Throws ModelError when the checkpoint's processor and model do not fit each other, ConfigError
  /// as check_attention() and for masking.
  Inference(compute::Device& device, const Checkpoint& checkpoint,
            const InferenceOptions& options = {});
  ~Inference();
  Inference(const Inference&) = delete;
  Inference& operator=(const Inference&) = delete;

  const VitConfig& config() const noexcept;
  const InferenceOptions& options() const noexcept;
  /// Numbers in the answer for one picture.
  std::int64_t answer_length() const noexcept;
  /// The size of the pictures, in pixels; where it varies, that of a photograph of 640x480.
  InputSize usual_size() const noexcept;

  /// `n` pictures of `size`, which is what Preprocessor::output_size() says of each; with
  /// InputSize::source_bytes, a multiple of 4, the device makes them.
  /// Throws ShapeError unless 1 <= n <= max_batch and fewer than `slots` Pendings of such a batch
  /// are alive. Allocates nothing where a kept program runs it.
  Pending begin(InputSize size, int n);
  /// The same with pictures of the usual size.
  Pending begin(int n) { return begin(usual_size(), n); }
  /// The most that one of max_batch sources may take to fit InferenceOptions::staging_bytes and
  /// what the device binds at once; a power of two.
  std::size_t max_source_bytes() const noexcept;
  /// How many programs are kept now, of all sizes.
  std::size_t programs() const noexcept;
  /// Changes options().max_batch: builds its program, drops those of larger batches.
  /// Throws GpuError or ShapeError, and changes nothing, when the device cannot hold it.
  /// Requires: max_batch >= 1, no Pending is alive.
  void set_max_batch(int max_batch);
  /// The program that a batch of n of the usual size runs (built if needed): what `explain`
  /// prints. Its batch is the next one kept, not smaller than n; the rows not filled are computed
  /// and not read.
  const compute::Program& program(int n);
  /// Measures the plans that the steps of a batch of n (usual size) could run by, and keeps the
  /// fastest for programs that are built after it. (Opening does so for its own where the device
  /// tunes.)
  std::vector<compute::TunedStep> tune(int n, const compute::TuneOptions& options);
  /// Device memory of the weights, with the position embeddings of the usual size.
  std::uint64_t weight_bytes() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea::vision
