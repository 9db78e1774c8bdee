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
/// `coopmat`: VK_KHR_cooperative_matrix, operands rounded to fp16, sums in f32.
/// `coopmat2`: VK_NV_cooperative_matrix2, the same with matrices as wide as the workgroup.
/// `dot8`: int8 weights, x rounded to int8 by rows, exact sums of products of bytes.
/// `coopmat8`: the same by VK_KHR_cooperative_matrix.
enum class Variant : std::uint8_t { subgroup, portable, coopmat, coopmat2, dot8, coopmat8 };
std::string_view to_string(Variant variant);
/// Does it round x to bytes, and so take int8 weights alone?
constexpr bool multiplies_bytes(Variant variant) {
  return variant == Variant::dot8 || variant == Variant::coopmat8;
}
/// Does it multiply on matrix hardware, by weights in rows?
constexpr bool multiplies_matrices(Variant variant) {
  return variant == Variant::coopmat || variant == Variant::coopmat2 ||
         variant == Variant::coopmat8;
}

/// `subgroup` on software devices that have the operations, else `portable`: the variant of
/// ops that keep every value in f32.
Variant preferred_variant(const Device& device);
/// Can this device run the variant of linear, and was it compiled in? `why_not`, where given,
/// gets the missing extension or shader.
bool can_run(const Device& device, Variant variant, std::string* why_not = nullptr);
/// preferred_variant(), but the best cooperative matrices a GPU has where fp16 operands will do;
/// for int8 its matrices of bytes, else products of bytes where it has an instruction for them.
Variant preferred_variant(const Device& device, Precision precision);
/// The one layout of weights that all of a variant's kernels read.
WeightLayout weight_layout(Variant variant);
/// upload_linear() for a variant that the device would not choose.
Linear upload_linear_as(WeightLayout layout, Device& device, ConstantStore& store, std::string name,
                        std::int64_t out_features, std::int64_t in_features,
                        std::span<const float> weight, std::span<const float> bias,
                        Precision precision);

/// DeviceLimits::processors, or those of a middling GPU where the device does not tell.
std::int64_t processors_of(const Device& device);

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

/// How subgroup kernels read what they read often, four floats at a time: from storage buffers, by
/// 64-bit address, or as texels; the rest goes by address in both of the latter. What a device or a
/// shape does not allow becomes the one before it.
enum class Reads : std::uint8_t { buffers, addresses, texels };
/// The one that is fastest as far as the driver's version tells.
Reads preferred_reads(const Device& device);
/// `wanted`, or what must stand in for it on this device, whose largest tensor has `quads` vec4.
Reads possible_reads(const Device& device, Reads wanted, std::int64_t quads);
/// The shader that reads so: "linear_subgroup.address".
std::string reading_shader(std::string_view stem, Reads reads);

/// A linear product's kernel, what one workgroup covers, and into how many parts the depth is
/// cut where there are fewer workgroups than processors. `columns` is the subgroup variant's own
/// business.
struct LinearPlan {
  Variant variant = Variant::portable;
  std::uint32_t rows = 64;
  std::uint32_t columns = 64;
  std::uint32_t splits = 1;
  Reads reads = Reads::addresses;  // subgroup
  bool moments = false;    // leave LayerNorm's moments of the result behind: see can_fold_norm()
  bool by_shifts = false;  // dot8: without the instruction, though the device has it
};
/// The guess for `rows` rows by these weights that is made without measuring.
LinearPlan plan_linear(const Device& device, const Linear& w, std::int64_t rows);
std::string describe(const LinearPlan& plan);  // "subgroup 24 x 64"
/// What linear() and linear_add() run by: plan_linear(), or what the device's Tuning knows to be
/// faster for these sizes.
LinearPlan choose_linear(ProgramBuilder& p, const Linear& w, std::int64_t rows,
                         Activation activation, bool residual);
/// Can products by this plan take LayerNorm in, and leave its moments of their result behind?
/// `portable` and `coopmat` can, of whole quads of channels.
bool can_fold_norm(const Linear& w, const LinearPlan& plan);
/// linear() and linear_add() by a given plan; `residual` may be null.
Tensor linear_planned(ProgramBuilder& p, const Tensor& x, const Linear& w, Activation activation,
                      const Tensor* residual, const LinearPlan& plan);
/// norm_linear() by a given plan: one step where moments of x were left behind and the plan can
/// fold LayerNorm, else two.
Tensor norm_linear_planned(ProgramBuilder& p, const Tensor& x, const LayerNorm& norm,
                           const Linear& w, Activation activation, const LinearPlan& plan);

/// An attention kernel: queries of a workgroup, and keys it keeps scores of at a time (portable and
/// coopmat: keys of a part, a multiple of 32, where several workgroups share a query's).
struct AttentionPlan {
  Variant variant = Variant::portable;
  std::uint32_t rows = 16;
  std::uint32_t chunk = 32;
  std::uint32_t room = 0;          // shared memory for scores, in vec4
  Reads reads = Reads::addresses;  // subgroup
};
/// The plan of a variant that does not split the keys.
AttentionPlan plan_attention(const Device& device, Variant variant, std::int64_t tokens);
/// The guess for `queries` of `tokens` in `sequences` heads that is made without measuring.
AttentionPlan plan_attention(const Device& device, Precision precision, std::int64_t tokens,
                             std::int64_t queries, std::int64_t sequences);
std::string describe(const AttentionPlan& plan);  // "subgroup 16 queries"
/// What attention() runs by: the guess, or what the device's Tuning knows to be faster for qkv
/// [B, T, 3C]. `queries` as in attention().
AttentionPlan choose_attention(ProgramBuilder& p, const Shape& qkv, int heads, Precision precision,
                               std::int64_t queries);
/// attention() by a given plan.
Tensor attention_planned(ProgramBuilder& p, const Tensor& qkv, int heads, const AttentionPlan& plan,
                         std::int64_t queries = 0);

/// layer_norm() by a given variant; `reads` as in LinearPlan.
Tensor layer_norm_variant(ProgramBuilder& p, const Tensor& x, const LayerNorm& w, Variant variant,
                          Reads reads = Reads::addresses);

/// Some drivers cut an invocation off, silently, after 65,535 loop iterations in all. Every
/// wrapper refuses shapes whose kernel would run more than this many.
inline constexpr std::int64_t kMaxIterations = 40'000;
/// Throws ShapeError naming `op` when `iterations` is more.
void require_iterations(std::string_view op, std::int64_t iterations, const std::string& where);

}  // namespace fovea::compute::ops
