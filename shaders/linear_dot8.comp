// SPDX-License-Identifier: Apache-2.0
// linear_dot8   y = activation(x W^T + b) [+ residual], bytes times bytes
//
// Shapes     x [M, 1 + ceil(K / 4)] words of quantize_rows   W [N, K] i8 packed   b [N], scales [N]
//            residual, y [M, N] f32
// Grid       128 lanes per 64 x 64 tile of y: rows over x, then z; columns over y. A lane owns
//            4 rows x (4 + 4) columns; 32 depths at a time go through shared memory
// Precision  products and sums are exact in 32-bit integers; then f32: sum * row's scale * column's
//            scale + b
// PACKED     multiplies four bytes by one instruction (SPV_KHR_integer_dot_product); without it any
//            device does, by shifts
// Limits     K <= 32,768 (loop bound; sums would hold 133,000); M <= 65535 * 64 a z slice;
//            N <= 65535 * 64
// Wrapper    compute/ops/linear.cpp     Oracle  tests/reference/quantize.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require
#ifdef PACKED
#extension GL_EXT_spirv_intrinsics : require
#endif

layout(local_size_x = 128) in;

#define X_ELEMENT uint
#include "linear_interface.glsl"

const uint TILE = 64;
const uint STEP = 8;  // words of four depths

shared uint x_tile[STEP][TILE + 1];      // padded: lanes write one row across banks
shared uvec4 w_tile[STEP][TILE / 4];     // four columns of four depths
shared float x_scale[TILE];

#ifdef PACKED
// OpSDot with the packed format 0, 4 x 8 bits. glslc knows no GLSL name for it before 2025.
spirv_instruction(extensions = ["SPV_KHR_integer_dot_product"], capabilities = [6018, 6019], id = 4450)
int dot_of_bytes(uint a, uint b, spirv_literal int format);
#define DOT4(a, b) dot_of_bytes(a, b, 0)
#else
int DOT4(uint a, uint b) {
  int sum = 0;
  [[unroll]] for (int c = 0; c < 4; ++c)
    sum += bitfieldExtract(int(a), 8 * c, 8) * bitfieldExtract(int(b), 8 * c, 8);
  return sum;
}
#endif

ivec4 dot_columns(uint a, uvec4 w) {
  return ivec4(DOT4(a, w.x), DOT4(a, w.y), DOT4(a, w.z), DOT4(a, w.w));
}

void load_tiles(uint first_row, uint first_quad, uint first_word, uint words) {
  const uint lane = gl_LocalInvocationID.x;
  [[unroll]] for (uint j = 0; j < TILE * STEP / 128; ++j) {
    const uint i = lane + 128 * j;
    const uint row = first_row + i / STEP;
    const uint word = first_word + i % STEP;
    x_tile[i % STEP][i / STEP] = row < rows && word < words ? x[row * (words + 1) + 1 + word] : 0;
  }
  const uint word = first_word + lane / 16;
  const uint quad = first_quad + lane % 16;
  w_tile[lane / 16][lane % 16] =
      word < words && quad < (columns + 3) / 4 ? load_weight_bytes(quad, word) : uvec4(0);
}

void main() {
  const uint first_row = (gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x) * TILE;
  if (first_row >= rows) return;
  const uint first_quad = gl_WorkGroupID.y * (TILE / 4);
  const uint lane = gl_LocalInvocationID.x;
  const uint my_quad = lane % 8;      // and my_quad + 8
  const uint my_row = lane / 8 * 4;   // and the next three
  const uint words = (depth + 3) / 4;

  if (lane < TILE)
    x_scale[lane] = uintBitsToFloat(x[min(first_row + lane, rows - 1) * (words + 1)]);
  ivec4 low[4], high[4];
  [[unroll]] for (uint r = 0; r < 4; ++r) low[r] = high[r] = ivec4(0);

  for (uint word = 0; word < words; word += STEP) {
    load_tiles(first_row, first_quad, word, words);
    barrier();
    for (uint k = 0; k < STEP; ++k) {
      const uvec4 w_low = w_tile[k][my_quad];
      const uvec4 w_high = w_tile[k][my_quad + 8];
      [[unroll]] for (uint r = 0; r < 4; ++r) {
        const uint a = x_tile[k][my_row + r];
        low[r] += dot_columns(a, w_low);
        high[r] += dot_columns(a, w_high);
      }
    }
    barrier();
  }

  [[unroll]] for (uint r = 0; r < 4; ++r) {
    const uint row = first_row + my_row + r;
    if (row >= rows) return;
    const uint q = first_quad + my_quad;
    const float scale = x_scale[my_row + r];
    if (4 * q < columns) store_quad(row, q, scale * vec4(low[r]) * scale_quad(q) + bias[q]);
    if (4 * (q + 8) < columns) store_quad(row, q + 8, scale * vec4(high[r]) * scale_quad(q + 8) + bias[q + 8]);
  }
}
