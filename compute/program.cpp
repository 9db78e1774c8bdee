// SPDX-License-Identifier: Apache-2.0
#include "compute/program.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compute/error.hpp"
#include "compute/program_impl.hpp"

namespace fovea::compute {
namespace {

/// What part of the device does something, and how it touches memory.
struct Use {
  VkPipelineStageFlags stage = 0;
  VkAccessFlags access = 0;
};
constexpr Use kShaderWrite{VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT};
constexpr Use kShaderAny{VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                         VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT};
constexpr Use kCopyRead{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT};
constexpr Use kCopyWrite{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT};
constexpr Use kHostRead{VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT};

void barrier(VkCommandBuffer commands, const Use& from, const Use& to) {
  VkMemoryBarrier memory{VK_STRUCTURE_TYPE_MEMORY_BARRIER};
  memory.srcAccessMask = from.access;
  memory.dstAccessMask = to.access;
  vkCmdPipelineBarrier(commands, from.stage, to.stage, 0, 1, &memory, 0, nullptr, 0, nullptr);
}

void copy(VkCommandBuffer commands, const Buffer& from, const Buffer& to) {
  const VkBufferCopy whole{0, 0, from.size_bytes()};
  vkCmdCopyBuffer(commands, from.impl().buffer.get(), to.impl().buffer.get(), 1, &whole);
}

void begin_recording(VkCommandBuffer commands) {
  const VkCommandBufferBeginInfo begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  vk::check(vkBeginCommandBuffer(commands, &begin), "begin recording");
}

vk::CommandPoolHandle make_command_pool(VkDevice device, std::uint32_t family) {
  VkCommandPoolCreateInfo info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  info.queueFamilyIndex = family;
  VkCommandPool pool = VK_NULL_HANDLE;
  vk::check(vkCreateCommandPool(device, &info, nullptr, &pool), "make a command pool");
  return {device, pool};
}

VkCommandBuffer make_commands(VkDevice device, VkCommandPool pool) {
  VkCommandBufferAllocateInfo allocate{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
  allocate.commandPool = pool;
  allocate.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  allocate.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  vk::check(vkAllocateCommandBuffers(device, &allocate, &commands), "make a command buffer");
  return commands;
}

/// Texels of 16 bytes; what is left at the end belongs to none.
vk::BufferViewHandle make_view(VkDevice device, const BufferSlice& place, BindingKind kind) {
  constexpr std::size_t kTexelBytes = 16;
  VkBufferViewCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO};
  info.buffer = place.buffer->impl().buffer.get();
  info.format =
      kind == BindingKind::texels_f32 ? VK_FORMAT_R32G32B32A32_SFLOAT : VK_FORMAT_R32G32B32A32_UINT;
  info.offset = place.offset_bytes;
  info.range = place.size_bytes / kTexelBytes * kTexelBytes;
  VkBufferView view = VK_NULL_HANDLE;
  vk::check(vkCreateBufferView(device, &info, nullptr, &view),
            fmt::format("view '{}' as texels", place.buffer->name()));
  return {device, view};
}

std::size_t padded_bytes(const Value& value) { return (value.spec.size_bytes() + 3) / 4 * 4; }

BufferSlice whole_port(const std::vector<Port>& ports, std::uint32_t value) {
  const auto found = std::find_if(ports.begin(), ports.end(),
                                  [&](const Port& port) { return port.value == value; });
  return {&found->bound(), 0, found->host.size_bytes()};
}

BufferSlice place_of(const Program::Impl& program, const Run::Slot& slot, std::uint32_t id) {
  const Value& value = program.values[id];
  switch (value.kind) {
    case ValueKind::input:
      return whole_port(slot.inputs, id);
    case ValueKind::output:
      return whole_port(slot.outputs, id);
    case ValueKind::constant:
      return value.bytes;
    case ValueKind::scratch:
      return {&*program.arena, program.schedule.offset_bytes[id], padded_bytes(value)};
  }
  return {};
}

/// What a step pushes: the addresses of tensors that its kernel takes so, then its own values.
std::vector<std::byte> push_of(const RecordedStep& step, std::span<const BufferSlice> places) {
  std::vector<std::byte> push;
  const std::vector<BindingKind>& kinds = step.kernel->contract().kinds;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (kinds[i] != BindingKind::address) continue;
    const std::uint64_t address = places[i].buffer->impl().address + places[i].offset_bytes;
    const auto bytes = std::as_bytes(std::span(&address, 1));
    push.insert(push.end(), bytes.begin(), bytes.end());
  }
  push.insert(push.end(), step.push.begin(), step.push.end());
  return push;
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
  std::uint32_t buffers = 1, texels = 1, sets = 1;  // a pool holds at least one
  for (const RecordedStep& step : recorded) {
    if (step.kernel == nullptr) continue;
    for (const BindingKind kind : step.kernel->contract().kinds) {
      if (kind != BindingKind::address) ++(kind == BindingKind::buffer ? buffers : texels);
    }
    ++sets;
  }
  const auto count = static_cast<std::uint32_t>(slot_count);
  const std::array sizes{
      VkDescriptorPoolSize{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, buffers * count},
      VkDescriptorPoolSize{VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, texels * count}};
  VkDescriptorPoolCreateInfo info{VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO};
  info.maxSets = sets * count;
  info.poolSizeCount = static_cast<std::uint32_t>(sizes.size());
  info.pPoolSizes = sizes.data();
  VkDescriptorPool pool = VK_NULL_HANDLE;
  vk::check(vkCreateDescriptorPool(handle, &info, nullptr, &pool), "make a descriptor pool");
  descriptors = {handle, pool};
  command_pool = make_command_pool(handle, device->impl().queue_family);
  if (device->limits().staged_io) {
    copy_pool = make_command_pool(handle, device->impl().transfer_family);
  }
}

Port Program::Impl::make_port(const Value& value, std::uint32_t id) const {
  const bool in = value.kind == ValueKind::input;
  const std::string& label = in ? value.name : value.output_name;
  const std::size_t bytes = padded_bytes(value);
  Port port{id, label,
            Buffer(*device, label, bytes, in ? MemoryKind::upload : MemoryKind::download),
            std::nullopt};
  if (device->limits().staged_io) {
    port.local.emplace(*device, label + " (local)", bytes, MemoryKind::device);
  }
  return port;
}

void Program::Impl::make_slot(Run::Slot& slot) {
  const VkDevice handle = device->impl().get();
  slot.program = this;
  for (std::uint32_t id = 0; id < values.size(); ++id) {
    if (values[id].kind == ValueKind::input) slot.inputs.push_back(make_port(values[id], id));
    if (values[id].kind == ValueKind::output) slot.outputs.push_back(make_port(values[id], id));
  }
  if (query_count() > 0) {
    VkQueryPoolCreateInfo info{VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO};
    info.queryType = VK_QUERY_TYPE_TIMESTAMP;
    info.queryCount = query_count();
    VkQueryPool queries = VK_NULL_HANDLE;
    vk::check(vkCreateQueryPool(handle, &info, nullptr, &queries), "make a query pool");
    slot.queries = {handle, queries};
  }
  if (device->limits().staged_io && !slot.inputs.empty()) {
    slot.copy_in = make_commands(handle, copy_pool.get());
    record_copy_in(slot);
  }
  slot.commands = make_commands(handle, command_pool.get());
  record(slot);
}

VkDescriptorSet Program::Impl::make_set(const Kernel::Impl& kernel,
                                        std::span<const BufferSlice> places) {
  const VkDevice handle = device->impl().get();
  const VkDescriptorSetLayout set_layout = kernel.set_layout.get();
  VkDescriptorSetAllocateInfo allocate{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO};
  allocate.descriptorPool = descriptors.get();
  allocate.descriptorSetCount = 1;
  allocate.pSetLayouts = &set_layout;
  VkDescriptorSet set = VK_NULL_HANDLE;
  vk::check(vkAllocateDescriptorSets(handle, &allocate, &set), "make a descriptor set");

  std::vector<VkDescriptorBufferInfo> buffers(places.size());
  std::vector<VkBufferView> texels(places.size());
  std::vector<VkWriteDescriptorSet> writes;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const BufferSlice& place = places[i];
    const BindingKind kind = kernel.contract.kinds[i];
    if (kind == BindingKind::address) continue;
    VkWriteDescriptorSet& write = writes.emplace_back();
    write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstSet = set;
    write.dstBinding = static_cast<std::uint32_t>(i);
    write.descriptorCount = 1;
    write.descriptorType = descriptor_type(kind);
    if (kind == BindingKind::buffer) {
      buffers[i] = {place.buffer->impl().buffer.get(), place.offset_bytes, place.size_bytes};
      write.pBufferInfo = &buffers[i];
    } else {
      texels[i] = views.emplace_back(make_view(handle, place, kind)).get();
      write.pTexelBufferView = &texels[i];
    }
  }
  vkUpdateDescriptorSets(handle, static_cast<std::uint32_t>(writes.size()), writes.data(), 0,
                         nullptr);
  return set;
}

void Program::Impl::record_copy_in(Run::Slot& slot) const {
  begin_recording(slot.copy_in);
  for (const Port& port : slot.inputs) copy(slot.copy_in, port.host, *port.local);
  // The semaphore between the queues makes the bytes visible; no barrier is needed.
  vk::check(vkEndCommandBuffer(slot.copy_in), "end recording");
}

void Program::Impl::record(Run::Slot& slot) {
  const VkCommandBuffer commands = slot.commands;
  begin_recording(commands);
  const auto stamp = [&](std::size_t index, VkPipelineStageFlagBits stage) {
    vkCmdWriteTimestamp(commands, stage, slot.queries.get(), static_cast<std::uint32_t>(index));
  };
  if (query_count() > 0) {
    vkCmdResetQueryPool(commands, slot.queries.get(), 0, query_count());
    stamp(0, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT);
  }
  // Slots share the arena: a run starts when the one before it has left it.
  barrier(commands, kShaderAny, kShaderAny);
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    if (left_out.empty() || !left_out[i]) record_step(slot, i);
    if (timing == Timing::steps) stamp(i + 1, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT);
  }
  if (timing == Timing::run) stamp(1, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT);
  if (device->limits().staged_io) {
    record_copy_out(slot);
  } else {
    barrier(commands, kShaderWrite, kHostRead);
  }
  vk::check(vkEndCommandBuffer(commands), "end recording");
}

void Program::Impl::record_step(Run::Slot& slot, std::size_t index) {
  const RecordedStep& step = recorded[index];
  std::vector<BufferSlice> places;
  for (const std::uint32_t id : step.bindings) places.push_back(place_of(*this, slot, id));
  if (steps[index].barrier_before) barrier(slot.commands, kShaderWrite, kShaderAny);
  if (step.work) {
    kept.push_back(step.work->record(slot.commands, places));
  } else {
    record_dispatch(slot.commands, step, places, steps[index].groups);
  }
}

void Program::Impl::record_dispatch(VkCommandBuffer commands, const RecordedStep& step,
                                    std::span<const BufferSlice> places,
                                    const std::array<std::uint32_t, 3>& groups) {
  const Kernel::Impl& kernel = step.kernel->impl();
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernel.pipeline.get());
  if (kernel.contract.binds()) {
    const VkDescriptorSet set = make_set(kernel, places);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, kernel.layout.get(), 0, 1,
                            &set, 0, nullptr);
  }
  if (const std::vector<std::byte> push = push_of(step, places); !push.empty()) {
    vkCmdPushConstants(commands, kernel.layout.get(), VK_SHADER_STAGE_COMPUTE_BIT, 0,
                       static_cast<std::uint32_t>(push.size()), push.data());
  }
  vkCmdDispatch(commands, groups[0], groups[1], groups[2]);
}

/// In the queue that computes: on the other, the next run's inputs would wait behind it.
void Program::Impl::record_copy_out(const Run::Slot& slot) const {
  barrier(slot.commands, kShaderWrite, kCopyRead);
  for (const Port& port : slot.outputs) copy(slot.commands, *port.local, port.host);
  barrier(slot.commands, kCopyWrite, kHostRead);
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
      slot.done = {};
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
