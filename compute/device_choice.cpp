// SPDX-License-Identifier: Apache-2.0
// Finds Vulkan devices, says why each is usable or not, and picks one.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compute/device_impl.hpp"
#include "compute/error.hpp"

namespace fovea::compute {
namespace {

constexpr const char* kValidationLayer = "VK_LAYER_KHRONOS_validation";

VKAPI_ATTR VkBool32 VKAPI_CALL keep_message(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                            VkDebugUtilsMessageTypeFlagsEXT,
                                            const VkDebugUtilsMessengerCallbackDataEXT* data,
                                            void* user) {
  auto& log = *static_cast<MessageLog*>(user);
  const std::lock_guard lock(log.mutex);
  log.messages.emplace_back(data->pMessage);
  return VK_FALSE;
}

bool has_layer(const char* wanted) {
  std::uint32_t count = 0;
  vkEnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  vkEnumerateInstanceLayerProperties(&count, layers.data());
  return std::any_of(layers.begin(), layers.end(), [&](const VkLayerProperties& layer) {
    return std::strcmp(layer.layerName, wanted) == 0;
  });
}

bool has_instance_extension(const char* wanted) {
  std::uint32_t count = 0;
  vkEnumerateInstanceExtensionProperties(nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  vkEnumerateInstanceExtensionProperties(nullptr, &count, extensions.data());
  return std::any_of(extensions.begin(), extensions.end(), [&](const VkExtensionProperties& e) {
    return std::strcmp(e.extensionName, wanted) == 0;
  });
}

DeviceKind kind_of(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return DeviceKind::discrete;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return DeviceKind::integrated;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
      return DeviceKind::virtual_gpu;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return DeviceKind::software;
    default:
      return DeviceKind::other;
  }
}

std::string version_text(std::uint32_t version) {
  return fmt::format("{}.{}.{}", VK_API_VERSION_MAJOR(version), VK_API_VERSION_MINOR(version),
                     VK_API_VERSION_PATCH(version));
}

/// The first queue family with all flags of `wanted` and none of `unwanted`.
std::optional<std::uint32_t> find_family(VkPhysicalDevice device, VkQueueFlags wanted,
                                         VkQueueFlags unwanted) {
  std::uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
  for (std::uint32_t i = 0; i < count; ++i) {
    const VkQueueFlags flags = families[i].queueFlags;
    if ((flags & wanted) == wanted && (flags & unwanted) == 0) return i;
  }
  return std::nullopt;
}

Candidate inspect(VkPhysicalDevice device, int index) {
  VkPhysicalDeviceProperties basic{};
  vkGetPhysicalDeviceProperties(device, &basic);
  Candidate found;
  found.handle = device;
  found.info.index = index;
  found.info.name = basic.deviceName;
  found.info.kind = kind_of(basic.deviceType);
  found.info.api_version = version_text(basic.apiVersion);
  if (basic.apiVersion < VK_API_VERSION_1_2) {
    found.info.refused = fmt::format("offers Vulkan {}, Fovea needs 1.2", found.info.api_version);
    return found;
  }

  VkPhysicalDeviceSubgroupProperties subgroup{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
  VkPhysicalDeviceIDProperties id{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES, &subgroup};
  VkPhysicalDeviceDriverProperties driver{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES, &id};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &driver};
  vkGetPhysicalDeviceProperties2(device, &properties);
  found.info.driver = driver.driverInfo[0] == '\0'
                          ? std::string(driver.driverName)
                          : fmt::format("{}, {}", driver.driverName, driver.driverInfo);
  found.info.uuid = fmt::format("{:02x}", fmt::join(id.deviceUUID, ""));
  found.info.subgroup_size = subgroup.subgroupSize;

  VkPhysicalDeviceMemoryProperties memory{};
  vkGetPhysicalDeviceMemoryProperties(device, &memory);
  for (std::uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
    if (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) {
      found.info.memory_bytes =
          std::max<std::uint64_t>(found.info.memory_bytes, memory.memoryHeaps[i].size);
    }
  }
  constexpr VkQueueFlags kComputes = VK_QUEUE_COMPUTE_BIT;
  if (const auto family = find_family(device, kComputes, 0)) {
    found.queue_family = *family;
    // A family that only copies is an engine of its own, beside the one that computes.
    found.transfer_family =
        find_family(device, VK_QUEUE_TRANSFER_BIT, kComputes | VK_QUEUE_GRAPHICS_BIT)
            .value_or(*family);
  } else {
    found.info.refused = "has no queue that computes";
  }
  return found;
}

int rank(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::discrete:
      return 0;
    case DeviceKind::integrated:
      return 1;
    case DeviceKind::virtual_gpu:
      return 2;
    case DeviceKind::other:
      return 3;
    case DeviceKind::software:
      return 4;
  }
  return 5;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::optional<int> as_index(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Why `request` turns `info` down; empty when it fits.
std::string mismatch(const DeviceInfo& info, const std::string& request) {
  if (info.refused) return *info.refused;
  if (request == "auto") return {};
  if (request == "gpu") return info.kind == DeviceKind::software ? "is software, not a GPU" : "";
  if (request == "cpu") {
    return info.kind == DeviceKind::software ? "" : "is a GPU, not a software device";
  }
  if (const auto index = as_index(request)) {
    return info.index == *index ? "" : fmt::format("has index {}", info.index);
  }
  return lower(info.name).find(lower(request)) != std::string::npos
             ? ""
             : fmt::format("its name does not contain '{}'", request);
}

std::string reason(const std::vector<Candidate>& candidates, const DeviceInfo& chosen,
                   const std::string& request) {
  if (request != "auto") return fmt::format("asked for by --device {}", request);
  if (candidates.size() == 1) return "the only Vulkan device";
  if (chosen.kind == DeviceKind::software) return "no usable GPU found";
  return fmt::format("the first {} of {} devices", to_string(chosen.kind), candidates.size());
}

}  // namespace

std::string to_string(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::discrete:
      return "discrete GPU";
    case DeviceKind::integrated:
      return "integrated GPU";
    case DeviceKind::virtual_gpu:
      return "virtual GPU";
    case DeviceKind::software:
      return "software";
    case DeviceKind::other:
      return "other";
  }
  return "other";
}

vk::Instance make_instance(bool validate, MessageLog* log) {
  VkApplicationInfo app{VK_STRUCTURE_TYPE_APPLICATION_INFO};
  app.pApplicationName = "fovea";
  app.apiVersion = VK_API_VERSION_1_3;  // 1.2 is enough; a newer driver may then offer more

  std::vector<const char*> layers, extensions;
  VkInstanceCreateInfo info{VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
  info.pApplicationInfo = &app;
  if (has_instance_extension(VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME)) {
    extensions.push_back(VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME);
    info.flags |= VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
  }
  VkDebugUtilsMessengerCreateInfoEXT messenger{
      VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT};
  messenger.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                              VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  messenger.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
  messenger.pfnUserCallback = keep_message;
  messenger.pUserData = log;
  if (validate) {
    if (!has_layer(kValidationLayer)) {
      throw GpuError("Vulkan validation was asked for, but its layer is not installed",
                     kValidationLayer, "install the package vulkan-validationlayers");
    }
    layers.push_back(kValidationLayer);
    extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
    info.pNext = &messenger;
  }
  info.enabledLayerCount = static_cast<std::uint32_t>(layers.size());
  info.ppEnabledLayerNames = layers.data();
  info.enabledExtensionCount = static_cast<std::uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();

  VkInstance raw = VK_NULL_HANDLE;
  const VkResult result = vkCreateInstance(&info, nullptr, &raw);
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER) return vk::Instance();
  vk::check(result, "start (vkCreateInstance)");
  vk::Instance instance(raw);
  if (validate) instance.listen(messenger);
  return instance;
}

std::vector<Candidate> find_candidates(VkInstance instance) {
  if (instance == VK_NULL_HANDLE) return {};
  std::uint32_t count = 0;
  vk::check(vkEnumeratePhysicalDevices(instance, &count, nullptr), "count devices");
  std::vector<VkPhysicalDevice> handles(count);
  vk::check(vkEnumeratePhysicalDevices(instance, &count, handles.data()), "list devices");
  std::vector<Candidate> candidates;
  for (VkPhysicalDevice handle : handles) {
    candidates.push_back(inspect(handle, static_cast<int>(candidates.size())));
  }
  return candidates;
}

Choice choose(const std::vector<Candidate>& candidates, const std::string& request) {
  const Candidate* best = nullptr;
  std::string listing;
  for (const Candidate& candidate : candidates) {
    const std::string why_not = mismatch(candidate.info, request);
    listing += fmt::format("\n    {}: {} ({}): {}", candidate.info.index, candidate.info.name,
                           to_string(candidate.info.kind), why_not.empty() ? "usable" : why_not);
    if (!why_not.empty()) continue;
    if (best == nullptr || rank(candidate.info.kind) < rank(best->info.kind)) best = &candidate;
  }
  if (best == nullptr && candidates.empty()) {
    throw DeviceError("no Vulkan device was found", "the Vulkan loader shows no driver",
                      "install a driver; the package mesa-vulkan-drivers brings GPU drivers and "
                      "a software device");
  }
  if (best == nullptr) {
    throw DeviceError(fmt::format("no Vulkan device fits --device {}", request),
                      fmt::format("{} found:{}", candidates.size(), listing),
                      "choose one of these by index or name, or --device auto");
  }
  return {best, fmt::format("{}: {} ({}, {}), {}", best->info.index, best->info.name,
                            to_string(best->info.kind), best->info.driver,
                            reason(candidates, best->info, request))};
}

std::vector<DeviceInfo> Device::list() {
  const vk::Instance instance = make_instance(false, nullptr);
  std::vector<DeviceInfo> devices;
  for (Candidate& candidate : find_candidates(instance.get())) {
    devices.push_back(std::move(candidate.info));
  }
  return devices;
}

}  // namespace fovea::compute
