// SPDX-License-Identifier: Apache-2.0
#include "compute/fft_plan.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include <fmt/format.h>

#include "compute/device_impl.hpp"
#include "compute/vkfft.hpp"

namespace fovea::compute {
namespace {

// Counts up when the same VkFFT is asked for other kernels of the same size.
constexpr int kRecipe = 1;

CacheKey key_of_kernels(CacheKey device) {
  const std::string made_by = fmt::format("VkFFT {} recipe {}", vkfft::version(), kRecipe);
  device.shader_hash = fnv1a(std::as_bytes(std::span(made_by)));
  return device;
}

void put_length(std::vector<std::byte>& to, std::size_t length) {
  const std::uint64_t value = length;
  const auto bytes = std::as_bytes(std::span(&value, 1));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

/// The next block behind its length, cut off `from`; nothing where `from` is too short for it.
std::span<const std::byte> take_block(std::span<const std::byte>& from) {
  std::uint64_t length = 0;
  if (from.size() < sizeof length) return {};
  std::memcpy(&length, from.data(), sizeof length);
  from = from.subspan(sizeof length);
  if (length > from.size()) {
    from = {};
    return {};
  }
  const auto block = from.first(length);
  from = from.subspan(length);
  return block;
}

}  // namespace

std::string to_string(const FftSize& size) {
  return fmt::format("{} {}x{}x{}", size.direction == FftDirection::forward ? "forward" : "inverse",
                     size.planes, size.rows, size.columns);
}

bool has_vkfft() noexcept { return vkfft::is_there(); }
std::string vkfft_version() { return vkfft::version(); }

FftKernels load_fft_kernels(const std::filesystem::path& file, const CacheKey& key) {
  const std::vector<std::byte> data = load_pipeline_cache(file, key);
  FftKernels kernels;
  for (std::span<const std::byte> rest = data; !rest.empty();) {
    const auto name = take_block(rest);
    const auto code = take_block(rest);
    if (name.empty() || code.empty()) break;
    kernels.emplace(std::string(reinterpret_cast<const char*>(name.data()), name.size()),
                    std::vector<std::byte>(code.begin(), code.end()));
  }
  return kernels;
}

bool store_fft_kernels(const std::filesystem::path& file, const CacheKey& key,
                       const FftKernels& kernels) {
  std::vector<std::byte> data;
  for (const auto& [name, code] : kernels) {
    put_length(data, name.size());
    const auto bytes = std::as_bytes(std::span(name));
    data.insert(data.end(), bytes.begin(), bytes.end());
    put_length(data, code.size());
    data.insert(data.end(), code.begin(), code.end());
  }
  return store_pipeline_cache(file, key, data);
}

FftPlans::FftPlans(Device& device, std::filesystem::path file, CacheKey key)
    : device_(device), file_(std::move(file)), key_(key_of_kernels(key)) {}
FftPlans::~FftPlans() = default;

std::shared_ptr<const StepWork> FftPlans::get(const FftSize& size) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(plans_, size, [](const auto& plan) { return plan.first; });
  if (found != plans_.end()) {
    plans_.splice(plans_.begin(), plans_, found);
    return plans_.front().second;
  }
  if (!std::exchange(read_, true) && !file_.empty()) known_ = load_fft_kernels(file_, key_);
  std::vector<std::byte>& kernels = known_[to_string(size)];
  vkfft::Plan plan = vkfft::make_plan(device_, size, kernels);
  if (!plan.generated.empty()) {
    kernels = std::move(plan.generated);
    changed_ = true;
  }
  if (plans_.size() == kMost) {
    known_.erase(to_string(plans_.back().first));
    plans_.pop_back();
  }
  plans_.emplace_front(size, std::move(plan.work));
  return plans_.front().second;
}

bool FftPlans::save() {
  const std::lock_guard lock(mutex_);
  if (file_.empty() || !changed_) return false;
  // What other processes have generated meanwhile stays, as long as there is room.
  FftKernels all;
  for (const auto& [size, work] : plans_) all[to_string(size)] = known_[to_string(size)];
  for (auto& [name, code] : load_fft_kernels(file_, key_)) {
    if (all.size() < kMost) all.emplace(name, std::move(code));
  }
  changed_ = !store_fft_kernels(file_, key_, all);
  return !changed_;
}

FftPlans& fft_plans(Device& device) { return *device.impl().fft; }

}  // namespace fovea::compute
