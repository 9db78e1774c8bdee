// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Program is a fixed list of GPU steps, recorded once and run many times.
//
//   ProgramBuilder  ->  Program  ->  Run
//   (what to do)        (frozen)     (one trip of data through it)
//
// The builder knows what every step reads and writes, so three things are
// derived and never written by hand: barriers, scratch memory, and the listing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "compute/buffer.hpp"
#include "compute/tensor.hpp"

namespace fovea::compute {

class Device;
class Kernel;
class Program;
struct RecordedStep;                  // compute/program_impl.hpp
class StepWork;                       // compute/step_work.hpp
enum class ValueKind : std::uint8_t;  // compute/program_impl.hpp

/// One entry of Program::steps(), for people and profilers.
struct Step {
  std::string name;    // "blocks.3.attn.softmax"
  std::string kernel;  // "softmax"
  std::vector<Tensor> reads, writes;
  std::array<std::uint32_t, 3> groups{1, 1, 1};
  bool barrier_before = false;
  std::size_t read_bytes = 0, written_bytes = 0;  // sizes of what it binds
  double flop = 0;                                // Dispatch::flop
  std::string choice;              // of ProgramBuilder::choose(), empty where there was none
  std::vector<std::string> plans;  // it could run by; the first is used without tuning
};

struct Dispatch {
  const Kernel& kernel;
  std::initializer_list<Tensor> reads;   // bound first, in order
  std::initializer_list<Tensor> writes;  // bound after the reads
  std::span<const std::byte> push;
  std::array<std::uint32_t, 3> groups;
  double flop = 0;  // multiplications and additions the result needs, for profiles
};

/// A step that is more than one dispatch: `work` records its commands.
struct Recording {
  std::string kernel;  // Step::kernel
  std::shared_ptr<const StepWork> work;
  std::initializer_list<Tensor> reads, writes;
  double flop = 0;  // Dispatch::flop
};

/// The bytes of a plain struct of 4-byte members, for Dispatch::push.
template <class T>
std::span<const std::byte> push_bytes(const T& values) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 4 == 0);
  return std::as_bytes(std::span<const T, 1>(&values, 1));
}

/// Which device timestamps are taken. `steps` slows software devices down: each waits there.
enum class Timing : std::uint8_t { none, run, steps };

class ProgramBuilder {
 public:
  ProgramBuilder(Device& device, std::string name);
  ~ProgramBuilder();
  ProgramBuilder(ProgramBuilder&&) noexcept;

  Device& device() const noexcept;
  /// What was appended so far.
  std::span<const Step> steps() const noexcept;
  /// Filled by the host before each run, under the unscoped `name`.
  Tensor input(std::string name, const TensorSpec& spec);
  /// Weights: bytes that outlive the Program and never change. The same slice asked for
  /// twice is the same tensor.
  Tensor constant(std::string name, const TensorSpec& spec, BufferSlice bytes);
  /// A value some later dispatch writes. Memory is assigned by build().
  Tensor value(std::string name, const TensorSpec& spec);
  /// A value like any other, but written beside `of` for whoever reads `of` and can use it too; it
  /// need not be read. Requires: `of` has no companion yet.
  Tensor companion(const Tensor& of, std::string name, const TensorSpec& spec);
  std::optional<Tensor> companion_of(const Tensor& of) const;
  /// Throws ShapeError when the kernel's contract and the tensors disagree.
  /// Every value is written by exactly one dispatch.
  void dispatch(std::string name, const Dispatch& step);
  /// The same for a step that records itself, but no kernel's contract is checked.
  void record(std::string name, const Recording& step);
  /// A value that one step alone uses, as room to work in: among its writes, read by none.
  Tensor workspace(std::string name, const TensorSpec& spec);
  /// The plan that the next dispatch follows, as an index into `plans`: what the device's Tuning
  /// knows of `step` ("linear 197x576x192 fp32"), else 0. Requires: `plans` is not empty.
  std::size_t choose(std::string step, std::vector<std::string> plans);
  /// Readable by the host after each run under the unscoped `name`. `tensor` is written by
  /// a dispatch; it may be read by later ones too.
  void output(std::string name, const Tensor& tensor);

  /// Prefixes names until it dies: auto scope = builder.scope("blocks.0");
  class Scope {
   public:
    explicit Scope(ProgramBuilder& builder, std::string_view prefix);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    ProgramBuilder& builder_;
    std::size_t previous_length_;
  };
  [[nodiscard]] Scope scope(std::string_view prefix) { return Scope(*this, prefix); }

  /// `slots` runs may be in flight at once; each has its own inputs and outputs.
  /// Throws ShapeError when a tensor is read before it is written, or never read.
  Program build(int slots, Timing timing = Timing::run) &&;
  /// A program of one slot, timed step by step, that runs only the first step of each choice in
  /// `choices`. What it computes means nothing: for compute/tuner.cpp.
  Program build_probe(std::span<const std::string> choices) &&;

  struct Impl;

 private:
  Tensor add(std::string name, const TensorSpec& spec, ValueKind kind);
  void append(Step step, std::initializer_list<Tensor> reads, std::initializer_list<Tensor> writes,
              RecordedStep recorded);
  Program build_with(int slots, Timing timing, std::vector<bool> left_out);

  std::unique_ptr<Impl> impl_;
};

/// One trip of data through a Program. Holds one slot until destroyed; the
/// destructor waits for the GPU, so dropping a Run at any time is safe. It must die
/// before its Program. The only type of compute/ that may be handed between threads.
class Run {
 public:
  Run(Run&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
  Run& operator=(Run&& other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~Run();

  /// The bytes of input `name`, mapped. Throws ShapeError when there is no such input.
  std::span<std::byte> input(std::string_view name);
  void submit();
  /// Throws GpuError when the device is lost or `timeout_ms` passes.
  void wait(std::uint64_t timeout_ms = 600'000);
  std::span<const std::byte> output(std::string_view name) const;
  /// From the first step's start to the last step's end on the device, in nanoseconds;
  /// 0 where the device has no timestamps. Requires: wait() returned.
  std::uint64_t device_ns() const;
  /// Nanoseconds per step, in the order of Program::steps(); empty unless the program
  /// was built with Timing::steps. Requires: wait() returned.
  std::vector<std::uint64_t> step_ns() const;

  struct Slot;  // compute/program_impl.hpp

 private:
  friend class Program;
  explicit Run(Slot* slot) : slot_(slot) {}
  Slot* slot_;
};

class Program {
 public:
  Program(Program&&) noexcept;
  ~Program();

  /// Requires: fewer than `slots` Runs are alive (throws ShapeError otherwise). Never blocks.
  Run begin();
  std::span<const Step> steps() const noexcept;
  /// Memory of intermediate values after aliasing, and what it would be without.
  std::size_t scratch_bytes() const noexcept;
  std::size_t unaliased_bytes() const noexcept;
  /// One line per step: what `explain` prints.
  std::string describe() const;

  struct Impl;
  explicit Program(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea::compute
