// SPDX-License-Identifier: Apache-2.0
#pragma once
// One GPU, opened for compute. Everything else in compute/ borrows a Device.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fovea::compute {

class Tuning;  // compute/tuning.hpp

enum class DeviceKind : std::uint8_t { discrete, integrated, virtual_gpu, software, other };
std::string to_string(DeviceKind kind);

/// One Vulkan device as found, usable or not.
struct DeviceInfo {
  int index = 0;     // the number `--device INDEX` takes
  std::string name;  // "llvmpipe (LLVM 15.0.6, 256 bits)"
  DeviceKind kind = DeviceKind::other;
  std::string driver;              // "llvmpipe, Mesa 25.0.7"
  std::string api_version;         // "1.4.305"
  std::string uuid;                // hexadecimal
  std::uint64_t memory_bytes = 0;  // of its largest device-local heap
  std::uint32_t subgroup_size = 0;
  std::optional<std::string> refused;  // why Fovea cannot use it
};

struct DeviceOptions {
  /// auto: discrete, then integrated, then software. gpu: never software. cpu: only
  /// software. A number: that index. Anything else: part of the name, any case.
  std::string request = "auto";
  /// Loads the validation layer and keeps its messages. Slower.
  bool validate = false;
  /// Compiled pipelines are kept in this folder between runs. Empty keeps nothing.
  std::filesystem::path cache_dir;
  /// Above 0: steps run by the plans that were measured to be fastest, kept in cache_dir; opening
  /// a model measures what is not known yet for about so long. 0: every run takes the same plans.
  double tune_seconds = 0;
  /// For tests: pretend the device cannot bind more than this. 0 asks the device.
  std::uint64_t max_storage_range_bytes = 0;
  /// For tests: treat the device as one with memory of its own, so that all data is copied in
  /// and out as on a discrete GPU.
  bool pretend_discrete = false;
};

/// A product m x k by k x n that hardware multiplies as one. All zero: there is none.
struct MatrixShape {
  std::uint32_t m = 0, n = 0, k = 0;
};

/// The numbers kernels are chosen by. All sizes in bytes.
struct DeviceLimits {
  std::uint32_t subgroup_size = 0;
  bool subgroup_shuffle = false;  // shuffle and arithmetic in compute shaders
  std::uint32_t max_workgroup_invocations = 0;
  std::uint32_t max_groups_x = 0;
  std::uint32_t shared_memory_bytes = 0;
  std::uint64_t max_storage_range_bytes = 0;
  std::uint64_t storage_offset_alignment = 0;
  std::uint64_t device_memory_bytes = 0;
  bool unified_memory = false;  // device memory the host can write directly
  bool addresses = false;       // kernels may use 64-bit addresses of buffers, and 64-bit loads
  /// Of 16 bytes, that one binding may hold, on software devices; 0 elsewhere: GPUs have no use.
  std::uint64_t max_texels = 0;
  bool texels_are_faster = false;   // than addresses and buffers, where values are used often
  bool loads_lane_by_lane = false;  // all but texels, by address too
  std::uint32_t processors = 0;     // multiprocessors, compute units or CPU threads; 0: not known
  // f16 by f16 into f32, of one subgroup (VK_KHR_cooperative_matrix) and such that a workgroup
  // takes multiples of it (VK_NV_cooperative_matrix2); signed bytes into 32 bits, of one subgroup.
  MatrixShape matrix, workgroup_matrix, byte_matrix;
  std::uint32_t workgroup_matrix_lanes = 0;  // of such a workgroup
  /// Runs copy their inputs in and their outputs out: kernels read local memory, and the copies
  /// go on beside the computation where the device has a queue for them.
  bool staged_io = false;
  bool byte_dots = false;       // sums four products of bytes (VK_KHR_shader_integer_dot_product)
  bool fast_byte_dots = false;  // and has an instruction for that
};

/// Thread-compatible: one thread records and submits; Run::wait() may be called
/// from another. Neither copied nor moved, so `Device&` stays valid for its life.
class Device {
 public:
  /// Throws DeviceError, listing every device found and why it was refused.
  explicit Device(const DeviceOptions& options = {});
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const DeviceInfo& info() const noexcept;
  const DeviceLimits& limits() const noexcept;
  /// One line for people: which device, and why it was chosen.
  const std::string& choice() const noexcept;
  /// Blocks until the GPU is idle. Needed only before teardown and in tests.
  void wait_idle();
  /// Writes compiled pipelines to the cache folder, whole or not at all, as the destructor
  /// does. False when nothing could be kept; that costs time at the next start, no more.
  bool save_pipeline_cache() noexcept;
  /// The plans that steps run by where they are not the first: empty unless
  /// DeviceOptions::tune_seconds is above 0, or a tuner filled it.
  Tuning& tuning() noexcept;
  const Tuning& tuning() const noexcept;
  /// DeviceOptions::tune_seconds.
  double tune_seconds() const noexcept;
  /// Keeps tuning() in the cache folder. False when nothing could be kept.
  bool save_tuning() noexcept;
  /// Validation messages so far (empty unless DeviceOptions::validate).
  std::vector<std::string> validation_messages() const;
  /// Bytes of device memory held by live Buffers, and the most ever held.
  std::uint64_t memory_in_use_bytes() const noexcept;
  std::uint64_t memory_peak_bytes() const noexcept;

  /// Every device the loader shows, usable or not; empty when no driver is installed.
  static std::vector<DeviceInfo> list();

  struct Impl;  // compute/device_impl.hpp, for compute/*.cpp only
  Impl& impl() noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea::compute
