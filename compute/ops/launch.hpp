// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the wrappers of compute/ops/ share: which family of kernels a device runs, how many
// lanes and groups, and how a wrong shape is refused. Tests and benchmarks use it to run the
// family the device would not choose.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "compute/buffer.hpp"
#include "compute/device.hpp"
#include "compute/ops/transformer.hpp"
#include "compute/program.hpp"
#include "compute/tensor.hpp"

namespace fovea::compute::ops {

/// `subgroup`: one subgroup is one CPU vector; data is shared by shuffles, no barriers.
/// `portable`: any conformant device; data is shared through workgroup memory.
enum class Variant : std::uint8_t { subgroup, portable };

/// `subgroup` on software devices that have the operations, else `portable`.
Variant preferred_variant(const Device& device);

/// Lanes of a kernel that needs no particular number: a subgroup on software devices.
std::uint32_t elementwise_lanes(const Device& device);

/// `count` groups over axes x, then y, so that no axis passes its limit. The last line may
/// be partly empty. Throws ShapeError naming `op` beyond the device's limits.
std::array<std::uint32_t, 3> split_groups(const Device& device, std::string_view op,
                                          std::int64_t count);

constexpr std::int64_t ceil_div(std::int64_t value, std::int64_t divisor) {
  return (value + divisor - 1) / divisor;
}

/// Throws ShapeError: "<op>: <what>".
[[noreturn]] void reject(std::string_view op, const std::string& what, const std::string& where,
                         const std::string& fix);
/// Throws ShapeError naming `op` unless `tensor` is f32 and has `rank` axes (0: any, at least one).
void require_f32(std::string_view op, std::string_view argument, const Tensor& tensor, int rank);

/// A linear product's kernel and how many rows one workgroup covers.
struct LinearPlan {
  Variant variant = Variant::portable;
  std::uint32_t rows = 64;
};
LinearPlan plan_linear(const Device& device, std::int64_t rows, Precision precision);
/// linear() and linear_add() by a given plan; `residual` may be null.
Tensor linear_planned(ProgramBuilder& p, const Tensor& x, const Linear& w, Activation activation,
                      const Tensor* residual, const LinearPlan& plan);

/// An attention kernel: queries of a workgroup and keys it keeps scores of at a time.
struct AttentionPlan {
  Variant variant = Variant::portable;
  std::uint32_t rows = 16;
  std::uint32_t chunk = 32;
  std::uint32_t room = 0;  // shared memory for scores, in vec4
};
AttentionPlan plan_attention(const Device& device, Variant variant, std::int64_t tokens);
Tensor attention_planned(ProgramBuilder& p, const Tensor& qkv, int heads,
                         const AttentionPlan& plan);

Tensor layer_norm_variant(ProgramBuilder& p, const Tensor& x, const LayerNorm& w, Variant variant);

/// Some drivers cut an invocation off, silently, after 65,535 loop iterations in all. Every
/// wrapper refuses shapes whose kernel would run more than this many.
inline constexpr std::int64_t kMaxIterations = 40'000;
/// Throws ShapeError naming `op` when `iterations` is more.
void require_iterations(std::string_view op, std::int64_t iterations, const std::string& where);

}  // namespace fovea::compute::ops
