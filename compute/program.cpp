// SPDX-License-Identifier: Apache-2.0
#include "compute/program.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compute/error.hpp"
#include "compute/program_impl.hpp"

namespace fovea::compute {
namespace {

void barrier(VkCommandBuffer commands, VkAccessFlags from, VkAccessFlags to,
             VkPipelineStageFlags to_stage) {
  VkMemoryBarrier memory{VK_STRUCTURE_TYPE_MEMORY_BARRIER};
  memory.srcAccessMask = from;
  memory.dstAccessMask = to;
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, to_stage, 0, 1, &memory, 0,
                       nullptr, 0, nullptr);
}

constexpr VkAccessFlags kShaderAccess = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;

VkDescriptorBufferInfo binding_of(const Program::Impl& program, Run::Slot& slot, std::uint32_t id) {
  const Value& value = program.values[id];
  const VkDeviceSize bytes = (value.spec.size_bytes() + 3) / 4 * 4;
  switch (value.kind) {
    case ValueKind::input:
      return {slot.inputs.at(value.name).impl().buffer.get(), 0, bytes};
    case ValueKind::output:
      return {slot.outputs.at(value.output_name).impl().buffer.get(), 0, bytes};
    case ValueKind::constant:
      return {value.bytes.buffer->impl().buffer.get(), value.bytes.offset_bytes,
              value.bytes.size_bytes};
    case ValueKind::scratch:
      return {program.arena->impl().buffer.get(), program.schedule.offset_bytes[id], bytes};
  }
  return {};
}

}  // namespace

std::uint32_t Program::Impl::query_count() const {
  if (timing == Timing::none) return 0;
  return timing == Timing::run ? 2 : static_cast<std::uint32_t>(steps.size()) + 1;
}

void Program::Impl::make_pools(int slot_count) {
  const VkDevice handle = device->impl().get();
  if (schedule.arena_bytes > 0) {
    arena.emplace(*device, name + " scratch", schedule.arena_bytes, MemoryKind::device);
  }
  std::uint32_t bindings = 0;
  for (const RecordedStep& step : recorded) {
    bindings += static_cast<std::uint32_t>(step.bindings.size());
  }
  const auto count = static_cast<std::uint32_t>(slot_count);
  const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, bindings * count};
  VkDescriptorPoolCreateInfo info{VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO};
  info.maxSets = static_cast<std::uint32_t>(steps.size()) * count;
  info.poolSizeCount = 1;
  info.pPoolSizes = &size;
  VkDescriptorPool pool = VK_NULL_HANDLE;
  vk::check(vkCreateDescriptorPool(handle, &info, nullptr, &pool), "make a descriptor pool");
  descriptors = {handle, pool};

  VkCommandPoolCreateInfo commands{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  commands.queueFamilyIndex = device->impl().queue_family;
  VkCommandPool raw = VK_NULL_HANDLE;
  vk::check(vkCreateCommandPool(handle, &commands, nullptr, &raw), "make a command pool");
  command_pool = {handle, raw};
}

void Program::Impl::make_slot(Run::Slot& slot) {
  const VkDevice handle = device->impl().get();
  slot.program = this;
  for (const Value& value : values) {
    const std::size_t bytes = (value.spec.size_bytes() + 3) / 4 * 4;
    if (value.kind == ValueKind::input) {
      slot.inputs.try_emplace(value.name, *device, value.name, bytes, MemoryKind::upload);
    } else if (value.kind == ValueKind::output) {
      slot.outputs.try_emplace(value.output_name, *device, value.output_name, bytes,
                               MemoryKind::download);
    }
  }
  VkFenceCreateInfo fence_info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  VkFence fence = VK_NULL_HANDLE;
  vk::check(vkCreateFence(handle, &fence_info, nullptr, &fence), "make a fence");
  slot.fence = {handle, fence};
  if (query_count() > 0) {
    VkQueryPoolCreateInfo info{VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO};
    info.queryType = VK_QUERY_TYPE_TIMESTAMP;
    info.queryCount = query_count();
    VkQueryPool queries = VK_NULL_HANDLE;
    vk::check(vkCreateQueryPool(handle, &info, nullptr, &queries), "make a query pool");
    slot.queries = {handle, queries};
  }
  VkCommandBufferAllocateInfo allocate{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
  allocate.commandPool = command_pool.get();
  allocate.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  allocate.commandBufferCount = 1;
  vk::check(vkAllocateCommandBuffers(handle, &allocate, &slot.commands), "make a command buffer");
  record(slot);
}

void Program::Impl::record(Run::Slot& slot) {
  const VkDevice handle = device->impl().get();
  const VkCommandBuffer commands = slot.commands;
  VkCommandBufferBeginInfo begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  vk::check(vkBeginCommandBuffer(commands, &begin), "begin recording");
  const auto stamp = [&](std::uint32_t index, VkPipelineStageFlagBits stage) {
    vkCmdWriteTimestamp(commands, stage, slot.queries.get(), index);
  };
  if (query_count() > 0) {
    vkCmdResetQueryPool(commands, slot.queries.get(), 0, query_count());
    stamp(0, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT);
  }
  // Slots share the arena: a run starts when the one before it has left it.
  barrier(commands, kShaderAccess, kShaderAccess, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);

  for (std::size_t i = 0; i < recorded.size(); ++i) {
    const RecordedStep& step = recorded[i];
    const Kernel::Impl& kernel = step.kernel->impl();
    const VkDescriptorSetLayout set_layout = kernel.set_layout.get();
    VkDescriptorSetAllocateInfo allocate{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO};
    allocate.descriptorPool = descriptors.get();
    allocate.descriptorSetCount = 1;
    allocate.pSetLayouts = &set_layout;
    VkDescriptorSet set = VK_NULL_HANDLE;
    vk::check(vkAllocateDescriptorSets(handle, &allocate, &set), "make a descriptor set");

    std::vector<VkDescriptorBufferInfo> buffers;
    for (const std::uint32_t id : step.bindings) buffers.push_back(binding_of(*this, slot, id));
    VkWriteDescriptorSet write{VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET};
    write.dstSet = set;
    write.descriptorCount = static_cast<std::uint32_t>(buffers.size());
    write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    write.pBufferInfo = buffers.data();
    vkUpdateDescriptorSets(handle, 1, &write, 0, nullptr);

    if (steps[i].barrier_before) {
      barrier(commands, VK_ACCESS_SHADER_WRITE_BIT, kShaderAccess,
              VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
    }
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernel.pipeline.get());
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernel.layout.get(), 0, 1,
                            &set, 0, nullptr);
    if (!step.push.empty()) {
      vkCmdPushConstants(commands, kernel.layout.get(), VK_SHADER_STAGE_COMPUTE_BIT, 0,
                         static_cast<std::uint32_t>(step.push.size()), step.push.data());
    }
    vkCmdDispatch(commands, steps[i].groups[0], steps[i].groups[1], steps[i].groups[2]);
    if (timing == Timing::steps) {
      stamp(static_cast<std::uint32_t>(i) + 1, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT);
    }
  }
  if (timing == Timing::run) stamp(1, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT);
  barrier(commands, VK_ACCESS_SHADER_WRITE_BIT, VK_ACCESS_HOST_READ_BIT,
          VK_PIPELINE_STAGE_HOST_BIT);
  vk::check(vkEndCommandBuffer(commands), "end recording");
}

Program::Program(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Program::Program(Program&&) noexcept = default;
Program::~Program() = default;

std::span<const Step> Program::steps() const noexcept { return impl_->steps; }
std::size_t Program::scratch_bytes() const noexcept { return impl_->schedule.arena_bytes; }
std::size_t Program::unaliased_bytes() const noexcept { return impl_->schedule.unaliased_bytes; }

Run Program::begin() {
  for (Run::Slot& slot : impl_->slots) {
    if (!slot.taken.exchange(true)) {
      slot.submitted = false;
      return Run(&slot);
    }
  }
  throw ShapeError(fmt::format("all {} slots are in flight", impl_->slots.size()),
                   fmt::format("program {}", impl_->name), "finish a run before the next begins");
}

std::string Program::describe() const {
  std::string text =
      fmt::format("program {}: {} steps, scratch {:.2f} MiB ({:.2f} without reuse)\n", impl_->name,
                  impl_->steps.size(), static_cast<double>(scratch_bytes()) / (1 << 20),
                  static_cast<double>(unaliased_bytes()) / (1 << 20));
  for (std::size_t i = 0; i < impl_->steps.size(); ++i) {
    const Step& step = impl_->steps[i];
    const auto shapes = [](const std::vector<Tensor>& tensors) {
      std::vector<std::string> parts;
      for (const Tensor& tensor : tensors) {
        parts.push_back(to_string(tensor.dtype()) + to_string(tensor.shape()));
      }
      return fmt::format("{}", fmt::join(parts, " "));
    };
    text += fmt::format(
        "{:4} {} {:<28} {:<26} {:>5} x {} x {} groups  {:>9.1f} KiB in {:>8.1f} out"
        "  {} -> {}\n",
        i, step.barrier_before ? '|' : ' ', step.name, step.kernel, step.groups[0], step.groups[1],
        step.groups[2], static_cast<double>(step.read_bytes) / 1024,
        static_cast<double>(step.written_bytes) / 1024, shapes(step.reads), shapes(step.writes));
  }
  return text;
}

}  // namespace fovea::compute
