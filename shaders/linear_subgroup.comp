// SPDX-License-Identifier: Apache-2.0
// linear_subgroup   y = activation(x W^T + b) [+ residual], for devices whose subgroup is a CPU vector
//
// Shapes     x [M, K]   W [N, K] packed   b [N]   residual, y [M, N]   f32; W f32 or f16
// Grid       one subgroup per ROWS rows (x, then z) and 4 * LANES columns (y); a lane owns four
//            columns of every row. Rows of x are spread over the lanes and broadcast by shuffle, so
//            that each loaded word is used ROWS or 4 * LANES times; no shared memory, no barrier
// Precision  products and sums in f32
// Limits     K <= 131,072 (loop bound); M <= 65535 * ROWS a z slice; N <= 65535 * 4 * LANES
// Wrapper    compute/ops/linear.cpp     Oracle  tests/reference/linear.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_shuffle : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 8;  // the subgroup's size, at least 4
layout(constant_id = 1) const uint ROWS = 24;  // a multiple of 8, at most 32
const uint SLICES = ROWS / 4;                  // rows a lane loads, at the smallest LANES

#include "linear_interface.glsl"

// Four values of row `row` from depth 4 * quad on; what lies beyond K meets zero weights.
vec4 load_x(uint row, uint quad) {
#ifdef VEC4
  return x[row * (depth / 4) + quad];
#else
  const uvec4 k = row * depth + min(4 * quad + uvec4(0, 1, 2, 3), uvec4(depth - 1));
  return vec4(x[k.x], x[k.y], x[k.z], x[k.w]);
#endif
}

void main() {
  const uint lane = gl_SubgroupInvocationID;
  const uint first_row = (gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x) * ROWS;
  if (first_row >= rows) return;
  const uint column_quads = (columns + 3) / 4;
  const uint wanted_quad = gl_WorkGroupID.y * LANES + lane;
  const uint q = min(wanted_quad, column_quads - 1);

  vec4 sum[ROWS];
  for (uint r = 0; r < ROWS; ++r) sum[r] = vec4(0.0);

  for (uint quad = 0; quad < (depth + 3) / 4; ++quad) {
    vec4 mine[SLICES];
    for (uint s = 0; s < SLICES; ++s)
      if (s * LANES < ROWS) mine[s] = load_x(min(first_row + s * LANES + lane, rows - 1), quad);

    vec4 w0, w1, w2, w3;
    load_weights(q, 2 * quad, w0, w1);
    load_weights(q, 2 * quad + 1, w2, w3);

    for (uint r = 0; r < ROWS; ++r) {
      const vec4 a = subgroupShuffle(mine[r / LANES], r % LANES);
      sum[r] += a.x * w0;
      sum[r] += a.y * w1;
      sum[r] += a.z * w2;
      sum[r] += a.w * w3;
    }
  }

  // The stores are the bulk of the machine code, so they stay a loop; the sums, which an index
  // would force out of registers in the loop above, are copied first.
  vec4 result[ROWS];
  for (uint r = 0; r < ROWS; ++r) result[r] = sum[r] + bias[q];
  if (wanted_quad >= column_quads) return;
  const uint valid = min(ROWS, rows - first_row);
  for (uint r = 0; r < valid; ++r) store_quad(first_row + r, q, result[r]);
}
