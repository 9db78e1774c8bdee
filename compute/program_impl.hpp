// SPDX-License-Identifier: Apache-2.0
#pragma once
// What ProgramBuilder hands to Program. For compute/program*.cpp only.

#include <atomic>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compute/device_impl.hpp"
#include "compute/program.hpp"
#include "compute/schedule.hpp"

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

/// A dispatch as it will be recorded.
struct RecordedStep {
  const Kernel* kernel = nullptr;
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
};

/// What one run owns for itself: inputs, outputs, its commands and its fence.
struct Run::Slot {
  Program::Impl* program = nullptr;
  std::atomic<bool> taken{false};
  bool submitted = false;
  std::map<std::string, Buffer, std::less<>> inputs, outputs;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  vk::FenceHandle fence;
  vk::QueryPoolHandle queries;

  std::vector<std::uint64_t> ticks(std::uint32_t count) const;
};

struct Program::Impl {
  Device* device = nullptr;
  std::string name;
  Timing timing = Timing::none;
  std::vector<Value> values;
  std::vector<Step> steps;
  std::vector<RecordedStep> recorded;
  Schedule schedule;
  std::optional<Buffer> arena;
  vk::DescriptorPoolHandle descriptors;
  vk::CommandPoolHandle command_pool;
  std::deque<Run::Slot> slots;

  std::uint32_t query_count() const;
  void make_pools(int slot_count);
  void make_slot(Run::Slot& slot);
  void record(Run::Slot& slot);
};

}  // namespace fovea::compute
