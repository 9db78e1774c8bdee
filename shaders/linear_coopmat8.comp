// SPDX-License-Identifier: Apache-2.0
// linear_coopmat8   y = activation(x W^T + b) [+ residual], bytes times bytes by matrices
//
// Shapes     x [M, 1 + ceil(K / 4)] words of quantize_rows   W [N, K] i8 in rows   b [N], scales [N]
//            residual, y [M, N] f32. Where the depth is split (z), y is [splits, M, N]: a part of
//            K each, that linear_reduce finishes
// Grid       as linear_coopmat; 64 depths a step
// Precision  products and sums are exact in 32-bit integers; then f32: sum * row's scale * column's
//            scale + b
// Limits     K <= 65,536 (as linear_coopmat; sums would hold 133,000); needs
//            VK_KHR_cooperative_matrix with s8 by s8 into s32
// Wrapper    compute/ops/linear_matrix.cpp     Oracle  tests/reference/quantize.hpp
#version 460
#pragma use_vulkan_memory_model
#extension GL_EXT_control_flow_attributes : require
#extension GL_EXT_shader_explicit_arithmetic_types_int8 : require
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require

#define X_ELEMENT uint
#define COLUMN_MULTIPLE 128
#include "linear_interface.glsl"
#include "linear_moments.glsl"

#define FACTOR int8_t
#define UNIT_DEPTHS 16
#define SLOT uvec2  // matrices may be 8 deep
#define SLOT_DEPTHS 8
#define PUT(tile, i, unit) { const uvec4 of = unit; tile[2 * (i)] = of.xy; tile[2 * (i) + 1] = of.zw; }
#define SUM int
#define SUM_QUAD ivec4
#define Unit uvec4

Unit load_unit(uint row, uint k, RowMoments unused) {
  const uint words = (depth + 3) / 4;
  Unit unit = Unit(0);
  [[unroll]] for (uint c = 0; c < 4; ++c)
    if (row < rows && k / 4 + c < words) unit[c] = x[row * (words + 1) + 1 + k / 4 + c];
  return unit;
}

uvec4 pack(Unit unit) { return unit; }

vec4 finished_sums(uint row, uint q, ivec4 sums) {
  const float row_scale = uintBitsToFloat(x[row * ((depth + 3) / 4 + 1)]);
  return row_scale * vec4(sums) * scale_quad(q);
}

#include "linear_tiles.glsl"
