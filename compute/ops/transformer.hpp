// SPDX-License-Identifier: Apache-2.0
#pragma once
// The sentences a transformer is written in. One function per shader, same name.
// Each checks shapes (throws ShapeError, prefixed by the op), picks the variant for the
// device and appends its step, named after the op or after the weights, inside the builder's
// scope. Letters: B batch, T tokens, C channels, H heads, D channels per head.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "compute/buffer.hpp"
#include "compute/program.hpp"
#include "compute/tensor.hpp"

namespace fovea::compute::ops {

/// How weights are stored; int8 has one scale per output (quantize.hpp). Activations and sums are
/// f32 in all three, but two hardware paths also round the other factor of each product: with
/// `fp16` cooperative matrices, to fp16; with `int8` packed dot products, each row to int8.
enum class Precision : std::uint8_t { fp32, fp16, int8 };
/// As users write them, in the enumerators' order.
inline constexpr std::array<const char*, 3> kPrecisionNames{"fp32", "fp16", "int8"};
constexpr const char* to_string(Precision precision) {
  return kPrecisionNames[static_cast<std::size_t>(precision)];
}

/// `gelu` is exact (erf), `gelu_tanh` its tanh form, `gelu_quick` x sigmoid(1.702 x), `relu`
/// max(x, 0). The values are those of shaders/include/gelu.glsl.
enum class Activation : std::uint8_t { none, gelu, gelu_tanh, gelu_quick, relu };

/// Where a weight's elements lie (compute/ops/linear_layout.hpp). `blocks`: columns and depths
/// interleaved for kernels without matrix hardware; `rows`: row after row of fp16.
enum class WeightLayout : std::uint8_t { blocks, rows };

/// y = x W^T + b, packed for one device's kernels by upload_linear(). weight [N, K], bias [N];
/// with int8 the scales [N] follow the bias.
struct Linear {
  std::string name;
  std::int64_t out_features = 0, in_features = 0;  // N, K
  Precision precision = Precision::fp32;
  WeightLayout layout = WeightLayout::blocks;
  BufferSlice weight, bias;
};

struct LayerNorm {
  std::string name;
  std::int64_t channels = 0;
  float epsilon = 1e-6f;
  BufferSlice gamma, beta;
};

/// A constant matrix of f32 used as it is: class token, position embeddings.
struct Table {
  std::string name;
  Shape shape;
  BufferSlice values;
};

/// Pictures as they leave resize and crop, and what a byte of each channel means to the model:
/// bytes [B, H, W, 3] u8 in the order R, G, B; values [3, 256].
struct Pixels {
  Tensor bytes;
  Table values;
};

/// weight [N, K] row-major, bias [N] or empty (zeros). Packs into the layout of the kernels that
/// this device runs at this precision. Throws ShapeError when the sizes disagree, GpuError when the
/// device cannot bind the weight, ModelError when a weight does not fit fp16 (beyond 65,519, or
/// NaN) or int8 (not finite).
Linear upload_linear(Device& device, ConstantStore& store, std::string name,
                     std::int64_t out_features, std::int64_t in_features,
                     std::span<const float> weight, std::span<const float> bias,
                     Precision precision);
LayerNorm upload_layer_norm(ConstantStore& store, std::string name, std::span<const float> gamma,
                            std::span<const float> beta, float epsilon);
Table upload_table(ConstantStore& store, std::string name, const Shape& shape,
                   std::span<const float> values);

/// y = x W^T + b, then the activation.      x [..., K] -> [..., N]
Tensor linear(ProgramBuilder& p, const Tensor& x, const Linear& w,
              Activation activation = Activation::none);
/// residual + x W^T + b.                    x [..., K], residual [..., N] -> [..., N]
Tensor linear_add(ProgramBuilder& p, const Tensor& x, const Linear& w, const Tensor& residual);
/// linear(layer_norm(x)). One step where linear_add() left the moments of x behind, which it does
/// on GPUs; then x is normalised as the product loads it.   x [..., C] -> [..., N]
Tensor norm_linear(ProgramBuilder& p, const Tensor& x, const LayerNorm& norm, const Linear& w,
                   Activation activation = Activation::none);
/// Each row to mean 0, variance 1, then scaled and shifted.   x [..., C] -> [..., C]
Tensor layer_norm(ProgramBuilder& p, const Tensor& x, const LayerNorm& w);
/// softmax(Q K^T / sqrt(D)) V for every head; D = C / heads <= 128.
/// qkv [B, T, 3C], inner order (q k v, head, channel) -> [B, Q, C]: rows of the first Q tokens,
/// `queries`; 0 means all T. `precision` is that of the products' factors where matrix hardware
/// multiplies them.
Tensor attention(ProgramBuilder& p, const Tensor& qkv, int heads,
                 Precision precision = Precision::fp32, std::int64_t queries = 0);
/// Cuts non-overlapping patches; remainder right and below is dropped.
/// image [B, 3, H, W] -> [B, N, 3 * patch_h * patch_w], inner order (channel, row, column).
Tensor patches(ProgramBuilder& p, const Tensor& image, int patch_h, int patch_w);
/// The same of pixels, each byte replaced by its value: bit for bit what the host's table holds.
Tensor patches(ProgramBuilder& p, const Pixels& pixels, int patch_h, int patch_w);
/// Puts `prefix` [R, C] in front of `x` [B, N, C] and adds `positions` [R + N, C].
/// -> [B, R + N, C]. R may be 0 (an empty Table).
Tensor tokens(ProgramBuilder& p, const Tensor& x, const Table& prefix, const Table& positions);
/// Row `token` of every sequence.           x [B, T, C] -> [B, C]
Tensor select_token(ProgramBuilder& p, const Tensor& x, std::int64_t token);
/// The first `count` rows of every sequence.   x [B, T, C] -> [B, count, C]
Tensor first_tokens(ProgramBuilder& p, const Tensor& x, std::int64_t count);
/// The mean over tokens first..T-1.         x [B, T, C] -> [B, C]
Tensor mean_tokens(ProgramBuilder& p, const Tensor& x, std::int64_t first);
/// (a + b) / 2, same shape.
Tensor average(ProgramBuilder& p, const Tensor& a, const Tensor& b);

}  // namespace fovea::compute::ops
