// SPDX-License-Identifier: Apache-2.0
// VkFFT is a library of headers that writes GLSL for each size, has glslang compile it, and records
// the dispatches. One VkFFTApplication serves all programs that transform this size: before it
// records, the descriptor sets of its kernels are replaced by sets that name this program's memory.
#include "compute/vkfft.hpp"

#include <array>
#include <clocale>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <glslang/Include/glslang_c_interface.h>
#include <locale.h>

#include "compute/device_impl.hpp"
#include "compute/error.hpp"

namespace fovea::compute::vkfft {
namespace {

/// What a compiler last complained of.
std::string& complaint() {
  thread_local std::string text;
  return text;
}

/// VkFFT prints complaints to standard output, where this program writes its records.
int keep_complaint(const char* format, ...) {
  std::array<char, 512> text{};
  std::va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  complaint() = text.data();
  return length;
}

}  // namespace
}  // namespace fovea::compute::vkfft

#define VKFFT_BACKEND 0
#define printf fovea::compute::vkfft::keep_complaint
#include <vkFFT.h>
#undef printf

namespace fovea::compute::vkfft {
namespace {

constexpr pfUINT kLargestRaderPrime = 100;

/// The C locale for this thread: VkFFT prints the constants of its kernels as text.
class CLocale {
 public:
  CLocale() : c_(newlocale(LC_ALL_MASK, "C", nullptr)), before_(uselocale(c_)) {}
  CLocale(const CLocale&) = delete;
  CLocale& operator=(const CLocale&) = delete;
  ~CLocale() {
    uselocale(before_);
    freelocale(c_);
  }

 private:
  locale_t c_, before_;
};

vk::DescriptorPoolHandle make_pool(VkDevice device, std::uint32_t sets, std::uint32_t bindings) {
  const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, bindings};
  VkDescriptorPoolCreateInfo info{VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO};
  info.maxSets = sets;
  info.poolSizeCount = 1;
  info.pPoolSizes = &size;
  VkDescriptorPool pool = VK_NULL_HANDLE;
  vk::check(vkCreateDescriptorPool(device, &info, nullptr, &pool), "make a descriptor pool");
  return {device, pool};
}

using Fence = vk::Handle<VkFence, vkDestroyFence>;

Fence make_fence(VkDevice device) {
  const VkFenceCreateInfo info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  VkFence fence = VK_NULL_HANDLE;
  vk::check(vkCreateFence(device, &info, nullptr, &fence), "make a fence");
  return {device, fence};
}

std::string version_text() {
  const int version = VkFFTGetVersion();
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

/// The memory of one transform. VkFFT holds pointers into this.
struct Memory {
  VkBuffer input = VK_NULL_HANDLE, main = VK_NULL_HANDLE, output = VK_NULL_HANDLE;
  pfUINT input_bytes = 0, main_bytes = 0, output_bytes = 0;
};

class Transform final : public StepWork {
 public:
  Transform(Device& device, const FftSize& size, std::span<const std::byte> kernels)
      : device_(device), size_(size), state_(std::make_unique<State>()) {
    open(kernels);
    list_axes();
  }
  ~Transform() override { deleteVkFFT(&state_->app); }

  std::vector<std::byte> saved() const {
    const auto* from = static_cast<const std::byte*>(state_->app.saveApplicationString);
    return from == nullptr ? std::vector<std::byte>{}
                           : std::vector<std::byte>(from, from + state_->app.applicationStringSize);
  }

  std::shared_ptr<const void> record(VkCommandBuffer commands,
                                     std::span<const BufferSlice> places) const override {
    const std::lock_guard lock(state_->mutex);
    if (!std::exchange(state_->written, true)) write_own_sets(places);
    const VkDevice device = device_.impl().get();
    std::uint32_t bindings = 0;
    for (const VkFFTAxis* axis : axes_) bindings += static_cast<std::uint32_t>(axis->numBindings);
    auto pool = std::make_shared<vk::DescriptorPoolHandle>(
        make_pool(device, static_cast<std::uint32_t>(axes_.size()), bindings));

    std::vector<VkDescriptorSet> own;
    for (const VkFFTAxis* axis : axes_) own.push_back(axis->descriptorSet);
    const auto give_back = [&] {
      for (std::size_t i = 0; i < axes_.size(); ++i) axes_[i]->descriptorSet = own[i];
    };
    try {
      for (VkFFTAxis* axis : axes_) axis->descriptorSet = set_for(*axis, pool->get(), places);
      append(commands);
    } catch (...) {
      give_back();
      throw;
    }
    give_back();
    return pool;
  }

 private:
  /// What VkFFT changes while it records, and points to.
  struct State {
    std::mutex mutex;
    bool written = false;  // the application's own descriptor sets
    VkFFTApplication app{};
    Memory memory;
    VkDevice device = VK_NULL_HANDLE;
    VkQueue queue = VK_NULL_HANDLE;
    VkCommandPool pool = VK_NULL_HANDLE;
    VkPipelineCache cache = VK_NULL_HANDLE;
    VkFence fence = VK_NULL_HANDLE;
  };

  bool forward() const { return size_.direction == FftDirection::forward; }

  VkFFTConfiguration configuration(std::span<const std::byte> kernels) const {
    Device::Impl& device = device_.impl();
    VkFFTConfiguration c{};
    const auto rows = static_cast<pfUINT>(size_.rows), columns = static_cast<pfUINT>(size_.columns);
    const pfUINT kept = columns / 2 + 1;
    c.FFTdim = rows > 1 ? 2 : 1;
    c.size[0] = columns;
    c.size[1] = rows;
    c.numberBatches = static_cast<pfUINT>(size_.planes);
    c.performR2C = 1;
    c.normalize = 1;
    c.makeForwardPlanOnly = forward() ? 1 : 0;
    c.makeInversePlanOnly = forward() ? 0 : 1;
    // Sines from tables: those of the device may be far coarser than a float.
    c.useLUT = 1;
    c.disableSetLocale = 1;
    // Above, Bluestein's: Rader's kernels for large primes take a software device long to compile.
    c.fixMaxRaderPrimeMult = c.fixMaxRaderPrimeFFT = kLargestRaderPrime;

    c.physicalDevice = &device.physical;
    c.device = &state_->device;
    c.queue = &state_->queue;
    c.commandPool = &state_->pool;
    c.fence = &state_->fence;
    c.pipelineCache = &state_->cache;

    Memory& memory = state_->memory;
    c.isInputFormatted = 1;
    c.inputBufferSize = &memory.input_bytes;
    c.bufferSize = &memory.main_bytes;
    c.inputBufferStride[0] = forward() ? columns : kept;
    c.inputBufferStride[1] = c.inputBufferStride[0] * rows;
    c.bufferStride[0] = kept;
    c.bufferStride[1] = kept * rows;
    if (!forward()) {
      c.isOutputFormatted = 1;
      c.outputBufferSize = &memory.output_bytes;
      c.outputBufferStride[0] = columns;
      c.outputBufferStride[1] = columns * rows;
    }
    if (kernels.empty()) {
      c.saveApplicationToString = 1;
    } else {
      c.loadApplicationFromString = 1;
      c.loadApplicationString = const_cast<std::byte*>(kernels.data());
    }
    return c;
  }

  void open(std::span<const std::byte> kernels) {
    Device::Impl& device = device_.impl();
    State& state = *state_;
    const auto planes = static_cast<pfUINT>(size_.plane_elements()) * sizeof(float);
    const auto spectra = static_cast<pfUINT>(size_.spectrum_elements()) * sizeof(float);
    state.memory.input_bytes = forward() ? planes : spectra;
    state.memory.main_bytes = spectra;
    state.memory.output_bytes = planes;
    state.device = device.get();
    state.pool = device.command_pool.get();
    state.cache = device.pipeline_cache.get();
    vkGetDeviceQueue(device.get(), device.queue_family, 0, &state.queue);
    const Fence fence = make_fence(device.get());  // VkFFT uploads its tables while it opens
    state.fence = fence.get();

    const CLocale locale;
    const std::scoped_lock lock(device.command_pool_mutex, device.queue_mutex);
    complaint().clear();
    const VkFFTResult result = initializeVkFFT(&state.app, configuration(kernels));
    if (result != VKFFT_SUCCESS) fail("make", result);
  }

  void list_axes() {
    VkFFTApplication& app = state_->app;
    VkFFTPlan& plan = forward() ? *app.localFFTPlan : *app.localFFTPlan_inverse;
    for (pfUINT i = 0; i < app.configuration.FFTdim; ++i) {
      for (pfUINT j = 0; j < plan.numAxisUploads[i]; ++j) {
        axes_.push_back(&plan.axes[i][j]);
        if (app.useBluesteinFFT[i] && j > 0) axes_.push_back(&plan.inverseBluesteinAxes[i][j]);
      }
    }
    if (plan.bigSequenceEvenR2C) axes_.push_back(&plan.R2Cdecomposition);
  }

  /// Has VkFFT write the descriptor sets that it made for itself, by recording commands that never
  /// run: the tables they name are copied from there into every other set.
  void write_own_sets(std::span<const BufferSlice> places) const {
    Memory& memory = state_->memory;
    memory.input = places[0].buffer->impl().buffer.get();
    memory.output = places[1].buffer->impl().buffer.get();
    memory.main = forward() ? memory.output : places[2].buffer->impl().buffer.get();
    Device::Impl& device = device_.impl();
    const std::lock_guard lock(device.command_pool_mutex);
    VkCommandBufferAllocateInfo allocate{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
    allocate.commandPool = device.command_pool.get();
    allocate.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    allocate.commandBufferCount = 1;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    vk::check(vkAllocateCommandBuffers(device.get(), &allocate, &commands),
              "make a command buffer");
    const VkCommandBufferBeginInfo begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    vk::check(vkBeginCommandBuffer(commands, &begin), "begin recording");
    append(commands);
    vk::check(vkEndCommandBuffer(commands), "end recording");
    vkFreeCommandBuffers(device.get(), device.command_pool.get(), 1, &commands);
  }

  void append(VkCommandBuffer commands) const {
    Memory& memory = state_->memory;
    VkFFTLaunchParams launch{};
    launch.commandBuffer = &commands;
    launch.inputBuffer = &memory.input;
    launch.buffer = &memory.main;
    launch.outputBuffer = forward() ? nullptr : &memory.output;
    const VkFFTResult result = VkFFTAppend(&state_->app, forward() ? -1 : 1, &launch);
    if (result != VKFFT_SUCCESS) fail("record", result);
  }

  /// The place that a kernel's buffer stands for; none for those that VkFFT owns.
  const BufferSlice* place_of(const VkBuffer* buffer, std::span<const BufferSlice> places) const {
    const Memory& memory = state_->memory;
    if (buffer == &memory.input) return &places[0];
    if (buffer == &memory.main) return forward() ? &places[1] : &places[2];
    if (buffer == &memory.output) return &places[1];
    return nullptr;
  }

  VkDescriptorSet set_for(const VkFFTAxis& axis, VkDescriptorPool pool,
                          std::span<const BufferSlice> places) const {
    const VkDevice device = device_.impl().get();
    VkDescriptorSetAllocateInfo allocate{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO};
    allocate.descriptorPool = pool;
    allocate.descriptorSetCount = 1;
    allocate.pSetLayouts = &axis.descriptorSetLayout;
    VkDescriptorSet set = VK_NULL_HANDLE;
    vk::check(vkAllocateDescriptorSets(device, &allocate, &set), "make a descriptor set");
    const std::array<const BufferSlice*, 2> data{place_of(axis.inputBuffer, places),
                                                 place_of(axis.outputBuffer, places)};
    for (std::uint32_t binding = 0; binding < axis.numBindings; ++binding) {
      const BufferSlice* place = binding < data.size() ? data[binding] : nullptr;
      if (place != nullptr) {
        const VkDescriptorBufferInfo info{place->buffer->impl().buffer.get(), place->offset_bytes,
                                          place->size_bytes};
        VkWriteDescriptorSet write{VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET};
        write.dstSet = set;
        write.dstBinding = binding;
        write.descriptorCount = 1;
        write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
        write.pBufferInfo = &info;
        vkUpdateDescriptorSets(device, 1, &write, 0, nullptr);
      } else {
        VkCopyDescriptorSet copy{VK_STRUCTURE_TYPE_COPY_DESCRIPTOR_SET};
        copy.srcSet = axis.descriptorSet;
        copy.srcBinding = copy.dstBinding = binding;
        copy.dstSet = set;
        copy.descriptorCount = 1;
        vkUpdateDescriptorSets(device, 0, nullptr, 1, &copy);
      }
    }
    return set;
  }

  [[noreturn]] void fail(const char* doing, VkFFTResult result) const {
    const DeviceInfo& info = device_.info();
    const std::string why = complaint().empty() ? "" : ": " + complaint();
    throw GpuError(
        fmt::format("VkFFT {} cannot {} the transform {}: {} ({}){}", version_text(), doing,
                    to_string(size_), getVkFFTErrorString(result), static_cast<int>(result), why),
        fmt::format("{}, driver {}", info.name, info.driver),
        "use another --device or a newer driver; only spectral stages need this");
  }

  Device& device_;
  const FftSize size_;
  std::unique_ptr<State> state_;
  std::vector<VkFFTAxis*> axes_;  // in no particular order
};

}  // namespace

bool is_there() noexcept { return true; }

std::string version() { return version_text(); }

Plan make_plan(Device& device, const FftSize& size, std::span<const std::byte> kernels) {
  if (!kernels.empty()) {
    try {
      return {std::make_shared<Transform>(device, size, kernels), {}};
    } catch (const OutOfMemory&) {
      throw;
    } catch (const GpuError&) {
      // Kernels that this VkFFT does not take: it generates new ones.
    }
  }
  auto made = std::make_shared<Transform>(device, size, std::span<const std::byte>{});
  return {made, made->saved()};
}

}  // namespace fovea::compute::vkfft
