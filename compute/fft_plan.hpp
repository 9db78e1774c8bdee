// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fourier transforms as steps of programs: which there are, kept by device and size. The kernels
// are VkFFT's (vkfft.hpp); between runs they lie in one file beside the pipeline cache, so that
// only the first run generates them. For compute/ and compute/ops/fft.cpp.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "compute/pipeline_cache.hpp"

namespace fovea::compute {

class Device;
class StepWork;

/// Forward reads planes and writes spectra; inverse reads spectra and writes planes, then room to
/// work in as large as the spectra.
enum class FftDirection : std::uint8_t { forward, inverse };

struct FftSize {
  std::int64_t planes = 0, rows = 0, columns = 0;
  FftDirection direction = FftDirection::forward;

  std::int64_t plane_elements() const { return planes * rows * columns; }
  /// Floats: two for each kept frequency.
  std::int64_t spectrum_elements() const { return planes * rows * (columns / 2 + 1) * 2; }
  friend auto operator<=>(const FftSize&, const FftSize&) = default;
};
std::string to_string(const FftSize& size);  // "forward 192x14x14"

/// Is VkFFT in this build? And its version, "1.3.4", or why it is not: "1.2.26 is too old".
bool has_vkfft() noexcept;
std::string vkfft_version();

/// VkFFT's kernels for each size, as VkFFT saves them.
using FftKernels = std::map<std::string, std::vector<std::byte>>;
/// What `file` holds under `key`; nothing when it is absent, damaged or another's.
FftKernels load_fft_kernels(const std::filesystem::path& file, const CacheKey& key);
/// Replaces `file` whole or not at all. False when it cannot be written.
bool store_fft_kernels(const std::filesystem::path& file, const CacheKey& key,
                       const FftKernels& kernels);

/// One device's transforms. Those used last are kept, kMost of them; a program keeps its own.
/// Thread-safe.
class FftPlans {
 public:
  static constexpr std::size_t kMost = 64;

  /// `file` empty: nothing is kept between runs.
  FftPlans(Device& device, std::filesystem::path file, CacheKey key);
  ~FftPlans();
  /// Throws GpuError where there is no VkFFT, or it cannot make kernels for the device.
  std::shared_ptr<const StepWork> get(const FftSize& size);
  /// Writes kernels that were generated since the last time; see Device::save_pipeline_cache().
  bool save();

 private:
  Device& device_;
  const std::filesystem::path file_;
  CacheKey key_;
  std::mutex mutex_;
  std::list<std::pair<FftSize, std::shared_ptr<const StepWork>>> plans_;  // used last: first
  FftKernels known_;
  bool read_ = false, changed_ = false;
};

/// The device's own.
FftPlans& fft_plans(Device& device);

}  // namespace fovea::compute
