// SPDX-License-Identifier: Apache-2.0
// linear_coopmat2   y = activation(x W^T + b) [+ residual], by matrices of a whole workgroup
//
// Shapes     x [M, K]   W [N, K] in rows, padded   b [N]   residual, y [M, N]   f32; W f16. Where the
//            depth is split (z), y is [splits, M, N]: sums of a part of K each, for linear_reduce
// Grid       one workgroup per TILE_M x TILE_N of y: columns over x (neighbours share rows of x),
//            rows over y, parts of K over z. The driver stages, lays out and pipelines the tiles:
//            tensor layouts say where they lie, a decode function rounds x on its way in
// Precision  x rounded to f16, products of halves, sums in f32
// Limits     K <= 131,072 (loop bound); needs VK_NV_cooperative_matrix2 with workgroup scope; a
//            value of x beyond the range of f16 becomes infinite
// Wrapper    compute/ops/linear_matrix.cpp     Oracle  tests/reference/linear.hpp
#version 460
#pragma use_vulkan_memory_model
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int32 : require
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_NV_cooperative_matrix2 : require

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint TILE_M = 128;
layout(constant_id = 3) const uint ACTIVATION = 0;  // the values of ops::Activation
layout(constant_id = 4) const uint ADD_RESIDUAL = 0;
layout(constant_id = 5) const uint TILE_N = 128;
const uint TILE_K = 64;  // W's rows are padded to it

layout(set = 0, binding = 0, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 1, std430) readonly buffer Weight { float16_t weight[]; };
layout(set = 0, binding = 2, std430) readonly buffer Bias { float bias[]; };
layout(set = 0, binding = 3, std430) readonly buffer Residual { float residual[]; };
layout(set = 0, binding = 4, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push {
  uint rows;     // M
  uint columns;  // N
  uint depth;    // K
};

#include "gelu.glsl"

// VEC4       K % 4 == 0: x is read in blocks of four
#ifdef VEC4
const uint BLOCK = 4;
layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer Block { vec4 values; };
float16_t decode(const in Block block, const in uint32_t at[2], const in uint32_t inside[2]) {
  return float16_t(block.values[inside[1]]);
}
#else
const uint BLOCK = 1;
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer Block { float value; };
float16_t decode(const in Block block, const in uint32_t at[2], const in uint32_t inside[2]) {
  return float16_t(block.value);
}
#endif

// What comes after the product, for element (r, c) of the tile at `first`.
float finish(const in uint32_t r, const in uint32_t c, const in float sum,
             const in uint32_t first_row, const in uint32_t first_column) {
  const uint row = first_row + r, column = first_column + c;
  if (row >= rows || column >= columns) return 0.0;
  const float value = activate(ACTIVATION, vec4(sum + bias[column])).x;
  return ADD_RESIDUAL != 0 ? value + residual[row * columns + column] : value;
}

void main() {
  const uint first_row = gl_WorkGroupID.y * TILE_M;
  const uint first_column = gl_WorkGroupID.x * TILE_N;
  const uint padded_depth = (depth + TILE_K - 1) / TILE_K * TILE_K;
  const uint all_steps = padded_depth / TILE_K;
  const uint split_steps = (all_steps + gl_NumWorkGroups.z - 1) / gl_NumWorkGroups.z;
  const uint first_k = gl_WorkGroupID.z * split_steps * TILE_K;
  const uint last_k = min(first_k + split_steps * TILE_K, padded_depth);

  // Constant clamping reads zeros beyond M and K, and drops what is stored beyond M and N.
  tensorLayoutNV<2, gl_CooperativeMatrixClampModeConstantNV> edge_x =
      createTensorLayoutNV(2, gl_CooperativeMatrixClampModeConstantNV);
  edge_x = setTensorLayoutBlockSizeNV(edge_x, 1, BLOCK);
  edge_x = setTensorLayoutDimensionNV(edge_x, rows, depth);
  tensorLayoutNV<2> inner_x = createTensorLayoutNV(2);
  inner_x = setTensorLayoutBlockSizeNV(inner_x, 1, BLOCK);
  inner_x = setTensorLayoutDimensionNV(inner_x, rows, depth);
  tensorLayoutNV<2> layout_w = createTensorLayoutNV(2);
  layout_w = setTensorLayoutDimensionNV(layout_w, (columns + 127) / 128 * 128, padded_depth);
  tensorViewNV<2, false, 1, 0> transposed = createTensorViewNV(2, false, 1, 0);

  coopmat<float, gl_ScopeWorkgroup, TILE_M, TILE_N, gl_MatrixUseAccumulator> sum =
      coopmat<float, gl_ScopeWorkgroup, TILE_M, TILE_N, gl_MatrixUseAccumulator>(0.0);
  coopmat<float16_t, gl_ScopeWorkgroup, TILE_M, TILE_K, gl_MatrixUseA> a;
  coopmat<float16_t, gl_ScopeWorkgroup, TILE_K, TILE_N, gl_MatrixUseB> b;
  if (first_row + TILE_M <= rows && depth == padded_depth) {
    for (uint k = first_k; k < last_k; k += TILE_K) {
      coopMatLoadTensorNV(a, x, 0, sliceTensorLayoutNV(inner_x, first_row, TILE_M, k, TILE_K),
                          decode);
      coopMatLoadTensorNV(b, weight, 0,
                          sliceTensorLayoutNV(layout_w, first_column, TILE_N, k, TILE_K),
                          transposed);
      sum = coopMatMulAdd(a, b, sum);
    }
  } else {
    for (uint k = first_k; k < last_k; k += TILE_K) {
      coopMatLoadTensorNV(a, x, 0, sliceTensorLayoutNV(edge_x, first_row, TILE_M, k, TILE_K),
                          decode);
      coopMatLoadTensorNV(b, weight, 0,
                          sliceTensorLayoutNV(layout_w, first_column, TILE_N, k, TILE_K),
                          transposed);
      sum = coopMatMulAdd(a, b, sum);
    }
  }

  if (gl_NumWorkGroups.z == 1)
    coopMatPerElementNV(sum, sum, finish, first_row, first_column);
  // Part z is rows z * M.. of y, and ends where the next begins.
  const uint first_y = gl_WorkGroupID.z * rows;
  tensorLayoutNV<2, gl_CooperativeMatrixClampModeConstantNV> layout_y =
      createTensorLayoutNV(2, gl_CooperativeMatrixClampModeConstantNV);
  layout_y = setTensorLayoutDimensionNV(layout_y, first_y + rows, columns);
  coopMatStoreTensorNV(sum, y, 0,
                       sliceTensorLayoutNV(layout_y, first_y + first_row, TILE_M, first_column,
                                           TILE_N));
}
