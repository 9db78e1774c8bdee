// SPDX-License-Identifier: Apache-2.0
#pragma once
// A compiled shader and the contract read from it. The shader is the single
// source of truth: `readonly`, `writeonly`, the push-constant block and the
// workgroup size are reflected from SPIR-V, never restated in C++.

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::compute {

class Device;

enum class Access : std::uint8_t { read, write, read_write };
/// How a kernel is given a tensor: bound as a storage buffer, or as texels of four 32-bit numbers
/// (samplerBuffer, usamplerBuffer; read only); or by its address.
enum class BindingKind : std::uint8_t { buffer, texels_f32, texels_u32, address };

struct KernelContract {
  /// Of every tensor, in the wrapper's order, dense from 0. Those that are bound have their place
  /// as binding number (set 0); the others are a buffer_reference each at the beginning of the push
  /// constants, in the same order.
  std::vector<Access> bindings;
  std::vector<BindingKind> kinds;
  std::uint32_t push_constant_bytes = 0;             // addresses included
  std::array<std::uint32_t, 3> local_size{1, 1, 1};  // as compiled; see local_size_ids
  std::array<std::uint32_t, 3> local_size_ids{kNoId, kNoId, kNoId};  // SpecId per axis

  static constexpr std::uint32_t kNoId = 0xffffffff;

  bool binds() const { return std::ranges::count(kinds, BindingKind::address) < std::ssize(kinds); }
  std::uint32_t address_bytes() const {
    return static_cast<std::uint32_t>(8 * std::ranges::count(kinds, BindingKind::address));
  }
};

/// Throws ShapeError naming `name` when bindings have holes or use another set.
KernelContract reflect(std::string_view name, std::span<const std::uint32_t> spirv);

/// Was this shader compiled in? Those for cooperative matrices need a newer shader compiler than
/// the oldest supported one (shaders/CMakeLists.txt).
bool has_shader(std::string_view name);

/// One (shader, specialisation) pair of one device; runs once KernelCache::compile() was there.
class Kernel {
 public:
  struct Impl;
  explicit Kernel(std::unique_ptr<Impl> impl);
  ~Kernel();
  const std::string& name() const noexcept;
  const KernelContract& contract() const noexcept;
  Impl& impl() const noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Keeps each (shader, specialisation) pair once, and compiles it once. Owns the Kernels it
/// returns. Thread-safe. Get it with kernels(device).
class KernelCache {
 public:
  explicit KernelCache(Device& device);
  ~KernelCache();
  /// `name` is a file of shaders/ without extension, plus its variant: "linear.weights_f16".
  /// `constants[i]` is the value of `layout(constant_id = i)`. Nothing is compiled yet: a
  /// program says first which kernels it needs. Throws GpuError listing near names when there
  /// is no such shader.
  const Kernel& get(std::string_view name, std::span<const std::uint32_t> constants = {});
  /// Compiles those of `needed` that are not yet, side by side on all cores.
  void compile(std::span<const Kernel* const> needed);

 private:
  Device& device_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::vector<std::uint32_t>>, std::unique_ptr<Kernel>> kernels_;
};

/// The device's own cache.
KernelCache& kernels(Device& device);

}  // namespace fovea::compute
