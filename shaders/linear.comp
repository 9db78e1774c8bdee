// SPDX-License-Identifier: Apache-2.0
// linear   y = activation(x W^T + b) [+ residual], on any device
//
// Shapes     x [M, K]   W [N, K] packed   b [N]   residual, y [M, N]   f32; W f32, f16 or i8
// Grid       128 lanes per 64 x 64 tile of y: rows over x, then z; columns over y. A lane owns
//            4 rows x (4 + 4) columns; 16 depths at a time go through shared memory
// Precision  products and sums in f32
// Limits     K <= 32,768 (loop bound); M <= 65535 * 64 a z slice; N <= 65535 * 64
// Wrapper    compute/ops/linear.cpp     Oracle  tests/reference/linear.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x = 128) in;

#include "linear_interface.glsl"

const uint TILE = 64;
const uint STEP = 16;

shared float x_tile[STEP][TILE + 1];  // padded: lanes write one row across banks
shared vec4 w_tile[STEP][TILE / 4];

void load_tiles(uint first_row, uint first_quad, uint first_depth) {
  const uint lane = gl_LocalInvocationID.x;
  [[unroll]] for (uint j = 0; j < TILE * STEP / 128; ++j) {
    const uint i = lane + 128 * j;
    const uint row = first_row + i / STEP;
    const uint k = first_depth + i % STEP;
    x_tile[i % STEP][i / STEP] = row < rows && k < depth ? x[row * depth + k] : 0.0;
  }
  const uint pair = lane / 16;  // 8 pairs of depths x 16 quads of columns: one each
  const uint quad = lane % 16;
  vec4 even = vec4(0.0), odd = vec4(0.0);
  if (first_depth + 2 * pair < depth && first_quad + quad < (columns + 3) / 4)
    load_weights(first_quad + quad, first_depth / 2 + pair, even, odd);
  w_tile[2 * pair][quad] = even;
  w_tile[2 * pair + 1][quad] = odd;
}

void main() {
  const uint first_row = (gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x) * TILE;
  if (first_row >= rows) return;
  const uint first_quad = gl_WorkGroupID.y * (TILE / 4);
  const uint my_quad = gl_LocalInvocationID.x % 8;      // and my_quad + 8
  const uint my_row = gl_LocalInvocationID.x / 8 * 4;   // and the next three

  vec4 low[4], high[4];
  [[unroll]] for (uint r = 0; r < 4; ++r) low[r] = high[r] = vec4(0.0);

  for (uint k0 = 0; k0 < depth; k0 += STEP) {
    load_tiles(first_row, first_quad, k0);
    barrier();
    for (uint k = 0; k < STEP; ++k) {
      const vec4 w_low = w_tile[k][my_quad];
      const vec4 w_high = w_tile[k][my_quad + 8];
      [[unroll]] for (uint r = 0; r < 4; ++r) {
        const float a = x_tile[k][my_row + r];
        low[r] += a * w_low;
        high[r] += a * w_high;
      }
    }
    barrier();
  }

  [[unroll]] for (uint r = 0; r < 4; ++r) {
    const uint row = first_row + my_row + r;
    if (row >= rows) return;
    const uint q = first_quad + my_quad;
    if (4 * q < columns) store_quad(row, q, low[r] * scale_quad(q) + bias[q]);
    if (4 * (q + 8) < columns) store_quad(row, q + 8, high[r] * scale_quad(q + 8) + bias[q + 8]);
  }
}
