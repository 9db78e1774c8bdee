// SPDX-License-Identifier: Apache-2.0
// linear_coopmat   y = activation(x W^T + b) [+ residual], by matrices of a subgroup
//
// Shapes     x [M, K]   W [N, K] in rows   b [N]   residual, y [M, N]   f32; W f16. Where the depth is
//            split (z), y is [splits, M, N]: sums of a part of K each, that linear_reduce finishes
// Grid       one workgroup per TILE_M x TILE_N of y: columns over x (neighbours share rows of x),
//            rows over y, parts of K over z. A subgroup owns TILE_M / 2 x 32 of the tile. While 32
//            depths are multiplied from shared memory the next 32 are on their way to registers
// Precision  x rounded to f16, products of halves, sums in f32
// NORM, MOMENTS   see linear_moments.glsl
// Limits     K <= 65,536 (loop bound); needs VK_KHR_cooperative_matrix; a value of x beyond the
//            range of f16 becomes infinite
// Wrapper    compute/ops/linear_matrix.cpp     Oracle  tests/reference/linear.hpp
#version 460
#pragma use_vulkan_memory_model
#extension GL_EXT_control_flow_attributes : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#ifdef MOMENTS
#extension GL_KHR_shader_subgroup_shuffle : require
#endif

#include "linear_interface.glsl"
#include "linear_moments.glsl"

#define FACTOR float16_t
#define UNIT_DEPTHS 8
#define SLOT uvec4
#define SLOT_DEPTHS 8
#define PUT(tile, i, unit) tile[i] = unit
#define SUM float
#define SUM_QUAD vec4

struct Unit {
  vec4 low, high;
};

// Depths k..k + 3 of `row`; zero beyond M and K.
vec4 load_x(uint row, uint k, RowMoments moments) {
  vec4 value = vec4(0.0);
  if (row >= rows) return value;
#ifdef VEC4
  if (k < depth) value = normalized(x[(row * depth + k) / 4], moments, k / 4);
#else
  [[unroll]] for (uint c = 0; c < 4; ++c)
    if (k + c < depth) value[c] = x[row * depth + k + c];
#endif
  return value;
}

Unit load_unit(uint row, uint k, RowMoments moments) {
  return Unit(load_x(row, k, moments), load_x(row, k + 4, moments));
}

uvec4 pack(Unit unit) {
  return uvec4(packHalf2x16(unit.low.xy), packHalf2x16(unit.low.zw), packHalf2x16(unit.high.xy),
               packHalf2x16(unit.high.zw));
}

vec4 finished_sums(uint row, uint q, vec4 sums) { return sums; }

#include "linear_tiles.glsl"
