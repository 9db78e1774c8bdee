// SPDX-License-Identifier: Apache-2.0
#include "compute/kernel.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compute/device_impl.hpp"
#include "compute/error.hpp"
#include "compute/parallel.hpp"
#include "shaders/shader_registry.hpp"

namespace fovea::compute {
namespace {

const shaders::Shader* look_up(std::string_view name) {
  const auto all = shaders::all();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const shaders::Shader& s) { return s.name == name; });
  return found != all.end() ? &*found : nullptr;
}

const shaders::Shader& find_shader(std::string_view name) {
  if (const shaders::Shader* found = look_up(name)) return *found;
  const auto all = shaders::all();
  const std::string_view stem = name.substr(0, name.find('.'));
  std::vector<std::string_view> near;
  for (const shaders::Shader& shader : all) {
    if (shader.name.substr(0, shader.name.find('.')) == stem) near.push_back(shader.name);
  }
  throw GpuError(fmt::format("there is no shader '{}'", name), "shaders/CMakeLists.txt",
                 near.empty() ? "add_shader() it there"
                              : fmt::format("near names: {}", fmt::join(near, ", ")));
}

vk::SetLayoutHandle make_set_layout(VkDevice device, const KernelContract& contract) {
  std::vector<VkDescriptorSetLayoutBinding> bindings;
  for (std::uint32_t i = 0; i < contract.kinds.size(); ++i) {
    if (contract.kinds[i] == BindingKind::address) continue;
    bindings.push_back(
        {i, descriptor_type(contract.kinds[i]), 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr});
  }
  VkDescriptorSetLayoutCreateInfo info{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO};
  info.bindingCount = static_cast<std::uint32_t>(bindings.size());
  info.pBindings = bindings.data();
  VkDescriptorSetLayout layout = VK_NULL_HANDLE;
  vk::check(vkCreateDescriptorSetLayout(device, &info, nullptr, &layout), "make a set layout");
  return {device, layout};
}

vk::PipelineLayoutHandle make_layout(VkDevice device, VkDescriptorSetLayout set,
                                     std::uint32_t push_bytes) {
  const VkPushConstantRange range{VK_SHADER_STAGE_COMPUTE_BIT, 0, push_bytes};
  VkPipelineLayoutCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
  info.setLayoutCount = 1;
  info.pSetLayouts = &set;
  info.pushConstantRangeCount = push_bytes > 0 ? 1 : 0;
  info.pPushConstantRanges = &range;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  vk::check(vkCreatePipelineLayout(device, &info, nullptr, &layout), "make a pipeline layout");
  return {device, layout};
}

vk::ShaderModuleHandle make_module(VkDevice device, const shaders::Shader& shader) {
  VkShaderModuleCreateInfo info{VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
  info.codeSize = shader.spirv.size_bytes();
  info.pCode = shader.spirv.data();
  VkShaderModule module = VK_NULL_HANDLE;
  vk::check(vkCreateShaderModule(device, &info, nullptr, &module),
            fmt::format("load shader {}", shader.name));
  return {device, module};
}

/// Writes the values of size axes given by specialisation constants into the contract.
void resolve_local_size(KernelContract& contract, std::span<const std::uint32_t> constants) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::uint32_t id = contract.local_size_ids[axis];
    if (id < constants.size()) contract.local_size[axis] = constants[id];
  }
}

vk::PipelineHandle make_pipeline(Device::Impl& device, const Kernel::Impl& kernel) {
  const vk::ShaderModuleHandle module = make_module(device.get(), *kernel.shader);
  const std::span constants(kernel.constants);
  std::vector<VkSpecializationMapEntry> entries(constants.size());
  for (std::uint32_t i = 0; i < entries.size(); ++i) entries[i] = {i, i * 4, 4};
  VkSpecializationInfo special{};
  special.mapEntryCount = static_cast<std::uint32_t>(entries.size());
  special.pMapEntries = entries.data();
  special.dataSize = constants.size_bytes();
  special.pData = constants.data();

  // A workgroup of one subgroup's lanes must be exactly one subgroup.
  VkPipelineShaderStageRequiredSubgroupSizeCreateInfo required{
      VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO};
  required.requiredSubgroupSize = device.limits.subgroup_size;
  const bool whole_subgroups = kernel.contract.local_size[0] % device.limits.subgroup_size == 0;

  VkComputePipelineCreateInfo info{VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  if (device.require_subgroup_size && whole_subgroups) {
    info.stage.pNext = &required;
    info.stage.flags = VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT;
  }
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module.get();
  info.stage.pName = "main";
  info.stage.pSpecializationInfo = &special;
  info.layout = kernel.layout.get();
  VkPipeline pipeline = VK_NULL_HANDLE;
  vk::check(vkCreateComputePipelines(device.get(), device.pipeline_cache.get(), 1, &info, nullptr,
                                     &pipeline),
            fmt::format("compile shader {}", kernel.name));
  return {device.get(), pipeline};
}

}  // namespace

bool has_shader(std::string_view name) { return look_up(name) != nullptr; }

Kernel::Kernel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Kernel::~Kernel() = default;
const std::string& Kernel::name() const noexcept { return impl_->name; }
const KernelContract& Kernel::contract() const noexcept { return impl_->contract; }

KernelCache::KernelCache(Device& device) : device_(device) {}
KernelCache::~KernelCache() = default;

const Kernel& KernelCache::get(std::string_view name, std::span<const std::uint32_t> constants) {
  const std::lock_guard lock(mutex_);
  auto& slot =
      kernels_[{std::string(name), std::vector<std::uint32_t>(constants.begin(), constants.end())}];
  if (slot) return *slot;
  const shaders::Shader& shader = find_shader(name);
  Device::Impl& device = device_.impl();
  auto impl = std::make_unique<Kernel::Impl>();
  impl->name = name;
  impl->shader = &shader;
  impl->constants.assign(constants.begin(), constants.end());
  impl->contract = reflect(name, shader.spirv);
  resolve_local_size(impl->contract, constants);
  impl->set_layout = make_set_layout(device.get(), impl->contract);
  impl->layout =
      make_layout(device.get(), impl->set_layout.get(), impl->contract.push_constant_bytes);
  slot = std::make_unique<Kernel>(std::move(impl));
  return *slot;
}

void KernelCache::compile(std::span<const Kernel* const> needed) {
  const std::set<const Kernel*> distinct(needed.begin(), needed.end());
  const std::vector<const Kernel*> all(distinct.begin(), distinct.end());
  parallel_for(all.size(), [&](std::size_t i) {
    Kernel::Impl& kernel = all[i]->impl();
    std::call_once(kernel.compiled,
                   [&] { kernel.pipeline = make_pipeline(device_.impl(), kernel); });
  });
}

KernelCache& kernels(Device& device) { return *device.impl().kernels; }

}  // namespace fovea::compute
