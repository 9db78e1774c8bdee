// SPDX-License-Identifier: Apache-2.0
#pragma once
// What ProgramBuilder hands to Program. For compute/program*.cpp only.

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compute/device_impl.hpp"
#include "compute/program.hpp"
#include "compute/schedule.hpp"
#include "compute/step_work.hpp"

namespace fovea::compute {

enum class ValueKind : std::uint8_t { input, constant, scratch, output };

struct Value {
  std::string name;
  TensorSpec spec;
  ValueKind kind = ValueKind::scratch;
  BufferSlice bytes;        // constants
  std::string output_name;  // outputs
  bool written = false, read = false;
};

/// A step as it will be recorded: a kernel's dispatch, or work of its own.
struct RecordedStep {
  const Kernel* kernel = nullptr;
  std::shared_ptr<const StepWork> work;
  std::vector<std::uint32_t> bindings;  // value per binding
  std::vector<std::byte> push;
};

struct ProgramBuilder::Impl {
  Device& device;
  std::string name;
  std::string prefix;
  std::vector<Value> values;
  std::vector<Step> steps;
  std::vector<RecordedStep> recorded;
  std::map<std::pair<const Buffer*, std::size_t>, std::uint32_t> constants;
  std::string choice;  // of the next dispatch
  std::vector<std::string> plans;
  std::map<std::uint32_t, Tensor> companions;  // by the value they were written beside
};

/// An input or output of one slot: what the host sees and, where data is copied in and out,
/// what the kernels see.
struct Port {
  std::uint32_t value = 0;
  std::string name;
  Buffer host;
  std::optional<Buffer> local;

  const Buffer& bound() const noexcept { return local ? *local : host; }
};

/// What one run owns for itself: inputs, outputs and its commands.
struct Run::Slot {
  Program::Impl* program = nullptr;
  std::atomic<bool> taken{false};
  std::vector<Port> inputs, outputs;
  VkCommandBuffer copy_in = VK_NULL_HANDLE;  // null where kernels read the host's memory
  VkCommandBuffer commands = VK_NULL_HANDLE;
  Moment done;  // of the last submission
  vk::QueryPoolHandle queries;

  std::uint64_t tick(std::uint32_t query) const;
};

struct Program::Impl {
  Device* device = nullptr;
  std::string name;
  Timing timing = Timing::none;
  std::vector<Value> values;
  std::vector<Step> steps;
  std::vector<RecordedStep> recorded;
  std::vector<bool> left_out;  // by step; empty: none
  Schedule schedule;
  std::optional<Buffer> arena;
  std::vector<vk::BufferViewHandle> views;  // of tensors that kernels read as texels
  vk::DescriptorPoolHandle descriptors;
  vk::CommandPoolHandle command_pool, copy_pool;
  std::vector<std::shared_ptr<const void>> kept;  // what recorded works refer to
  std::deque<Run::Slot> slots;

  std::uint32_t query_count() const;
  void make_pools(int slot_count);
  void make_slot(Run::Slot& slot);
  Port make_port(const Value& value, std::uint32_t id) const;
  void record_copy_in(Run::Slot& slot) const;
  VkDescriptorSet make_set(const Kernel::Impl& kernel, std::span<const BufferSlice> places);
  void record(Run::Slot& slot);
  void record_step(Run::Slot& slot, std::size_t index);
  void record_dispatch(VkCommandBuffer commands, const RecordedStep& step,
                       std::span<const BufferSlice> places,
                       const std::array<std::uint32_t, 3>& groups);
  void record_copy_out(const Run::Slot& slot) const;
};

}  // namespace fovea::compute
