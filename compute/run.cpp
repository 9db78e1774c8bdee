// SPDX-License-Identifier: Apache-2.0
// One trip of data. Nothing here allocates memory: tests/device/allocation_test.cpp counts.
#include <algorithm>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "compute/program_impl.hpp"

namespace fovea::compute {
namespace {

template <class Ports>
auto& find(Ports& ports, std::string_view name, const Program::Impl& program) {
  const auto found =
      std::find_if(ports.begin(), ports.end(), [&](const Port& port) { return port.name == name; });
  if (found != ports.end()) return found->host;
  throw ShapeError(fmt::format("there is no '{}'", name), fmt::format("program {}", program.name),
                   "use a name given to input() or output()");
}

std::uint64_t nanoseconds(std::uint64_t ticks, const Program::Impl& program) {
  return static_cast<std::uint64_t>(static_cast<double>(ticks) *
                                    program.device->impl().timestamp_ns);
}

}  // namespace

Run::~Run() {
  if (slot_ == nullptr) return;
  wait_for(slot_->program->device->impl().get(), slot_->done, UINT64_MAX);
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
  Moment arrived;
  if (slot_->copy_in != VK_NULL_HANDLE) {
    // Not behind the runs before this one: its input comes in while they compute.
    arrived = slot_->done = device.transfer->submit(slot_->copy_in);
  }
  slot_->done = device.queue->submit(slot_->commands, arrived);
}

void Run::wait(std::uint64_t timeout_ms) {
  const VkResult result =
      wait_for(slot_->program->device->impl().get(), slot_->done, timeout_ms * 1'000'000);
  if (result == VK_TIMEOUT) {
    throw GpuError(fmt::format("the device did not finish within {} s", timeout_ms / 1000),
                   slot_->program->device->info().name,
                   "use a smaller --batch or another --device");
  }
  vk::check(result, "finish a run");
}

std::uint64_t Run::Slot::tick(std::uint32_t query) const {
  std::uint64_t value = 0;
  vk::check(vkGetQueryPoolResults(program->device->impl().get(), queries.get(), query, 1,
                                  sizeof value, &value, sizeof value,
                                  VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
            "read timestamps");
  return value;
}

std::uint64_t Run::device_ns() const {
  const std::uint32_t count = slot_->program->query_count();
  if (count == 0) return 0;
  return nanoseconds(slot_->tick(count - 1) - slot_->tick(0), *slot_->program);
}

std::vector<std::uint64_t> Run::step_ns() const {
  if (slot_->program->timing != Timing::steps) return {};
  std::vector<std::uint64_t> steps;
  std::uint64_t before = slot_->tick(0);
  for (std::uint32_t i = 1; i < slot_->program->query_count(); ++i) {
    const std::uint64_t after = slot_->tick(i);
    steps.push_back(nanoseconds(after - before, *slot_->program));
    before = after;
  }
  return steps;
}

}  // namespace fovea::compute
