// SPDX-License-Identifier: Apache-2.0
// linear_subgroup   y = activation(x W^T + b) [+ residual], for devices whose subgroup is a CPU vector
//
// Shapes     x [M, K]   W [N, K] packed   b [N]   residual, y [M, N]   f32; W f32, f16 or i8
// Grid       one subgroup per ROWS rows (x, then z) and 4 * QUADS * LANES columns (y); a lane owns
//            QUADS times four columns of every row. Rows of x are spread over the lanes and
//            broadcast by shuffle, so that each loaded word is used ROWS or 4 * QUADS * LANES
//            times; no shared memory, no barrier
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
layout(constant_id = 5) const uint QUADS = 1;  // of columns a lane, 1 or 2
const uint SLICES = (ROWS + LANES - 1) / LANES;  // rows a lane loads

#include "linear_interface.glsl"

// Four values of row `row` from depth 4 * quad on; what lies beyond K meets zero weights.
vec4 load_x(uint row, uint quad) {
#if defined(VEC4) || defined(ADDRESS) || defined(TEXEL)
  return x_quad(row * (depth / 4) + quad);
#else
  const uvec4 k = row * depth + min(4 * quad + uvec4(0, 1, 2, 3), uvec4(depth - 1));
  return vec4(x[k.x], x[k.y], x[k.z], x[k.w]);
#endif
}

// Loops are unrolled by the driver once ROWS and QUADS are known: an index into a private array
// that is not a constant costs a load per lane.
void main() {
  const uint lane = gl_SubgroupInvocationID;
  const uint first_row = (gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x) * ROWS;
  if (first_row >= rows) return;
  const uint last_quad = (columns + 3) / 4 - 1;
  const uint first_quad = gl_WorkGroupID.y * QUADS * LANES + lane;

  vec4 sum[2 * ROWS];
  [[unroll]] for (uint i = 0; i < QUADS * ROWS; ++i) sum[i] = vec4(0.0);

  for (uint quad = 0; quad < (depth + 3) / 4; ++quad) {
    vec4 mine[SLICES];
    [[unroll]] for (uint s = 0; s < SLICES; ++s)
      mine[s] = load_x(min(first_row + s * LANES + lane, rows - 1), quad);

    vec4 w[2 * 4];
    [[unroll]] for (uint c = 0; c < QUADS; ++c) {
      const uint q = min(first_quad + c * LANES, last_quad);
      vec4 four[4];
      load_weight_quads(q, quad, four);
      [[unroll]] for (uint i = 0; i < 4; ++i) w[4 * c + i] = four[i];
    }

    [[unroll]] for (uint r = 0; r < ROWS; ++r) {
      const vec4 a = subgroupShuffle(mine[r / LANES], r % LANES);
      [[unroll]] for (uint c = 0; c < QUADS; ++c) {
        vec4 total = sum[c * ROWS + r];
        total += a.x * w[4 * c];
        total += a.y * w[4 * c + 1];
        total += a.z * w[4 * c + 2];
        total += a.w * w[4 * c + 3];
        sum[c * ROWS + r] = total;
      }
    }
  }

  [[unroll]] for (uint c = 0; c < QUADS; ++c) {
    const uint q = first_quad + c * LANES;
    if (q > last_quad) return;
    const vec4 scale = scale_quad(q), b = bias_quad(q);
    [[unroll]] for (uint r = 0; r < ROWS; ++r)
      if (first_row + r < rows) store_quad(first_row + r, q, sum[c * ROWS + r] * scale + b);
  }
}
