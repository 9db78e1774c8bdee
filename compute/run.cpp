// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/error.hpp"
#include "compute/program_impl.hpp"

namespace fovea::compute {
namespace {

template <class Buffers>
auto& find(Buffers& buffers, std::string_view name, const Program::Impl& program) {
  const auto found = buffers.find(name);
  if (found != buffers.end()) return found->second;
  throw ShapeError(fmt::format("there is no '{}'", name), fmt::format("program {}", program.name),
                   "use a name given to input() or output()");
}

}  // namespace

Run::~Run() {
  if (slot_ == nullptr) return;
  if (slot_->submitted) {
    const VkFence fence = slot_->fence.get();
    vkWaitForFences(slot_->program->device->impl().get(), 1, &fence, VK_TRUE, UINT64_MAX);
  }
  slot_->taken = false;
}

std::span<std::byte> Run::input(std::string_view name) {
  return find(slot_->inputs, name, *slot_->program).host();
}

std::span<const std::byte> Run::output(std::string_view name) const {
  return find(slot_->outputs, name, *slot_->program).host();
}

void Run::submit() {
  Device::Impl& device = slot_->program->device->impl();
  const VkFence fence = slot_->fence.get();
  vk::check(vkResetFences(device.get(), 1, &fence), "reset a fence");
  device.submit(slot_->commands, fence);
  slot_->submitted = true;
}

void Run::wait(std::uint64_t timeout_ms) {
  const VkFence fence = slot_->fence.get();
  const VkResult result = vkWaitForFences(slot_->program->device->impl().get(), 1, &fence, VK_TRUE,
                                          timeout_ms * 1'000'000);
  if (result == VK_TIMEOUT) {
    throw GpuError(fmt::format("the device did not finish within {} s", timeout_ms / 1000),
                   slot_->program->device->info().name,
                   "use a smaller --batch or another --device");
  }
  vk::check(result, "finish a run");
}

std::vector<std::uint64_t> Run::Slot::ticks(std::uint32_t count) const {
  std::vector<std::uint64_t> values(count);
  vk::check(
      vkGetQueryPoolResults(program->device->impl().get(), queries.get(), 0, count,
                            count * sizeof(std::uint64_t), values.data(), sizeof(std::uint64_t),
                            VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
      "read timestamps");
  return values;
}

std::uint64_t Run::device_ns() const {
  const std::uint32_t count = slot_->program->query_count();
  if (count == 0) return 0;
  const std::vector<std::uint64_t> ticks = slot_->ticks(count);
  return static_cast<std::uint64_t>(static_cast<double>(ticks.back() - ticks.front()) *
                                    slot_->program->device->impl().timestamp_ns);
}

std::vector<std::uint64_t> Run::step_ns() const {
  if (slot_->program->timing != Timing::steps) return {};
  const std::vector<std::uint64_t> ticks = slot_->ticks(slot_->program->query_count());
  std::vector<std::uint64_t> steps;
  for (std::size_t i = 1; i < ticks.size(); ++i) {
    steps.push_back(static_cast<std::uint64_t>(static_cast<double>(ticks[i] - ticks[i - 1]) *
                                               slot_->program->device->impl().timestamp_ns));
  }
  return steps;
}

}  // namespace fovea::compute
