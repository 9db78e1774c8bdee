// SPDX-License-Identifier: Apache-2.0
// quantize_rows   y[r] = (s, round(x[r,:] / s)) with s = max|x[r,:]| / 127: rows as signed bytes
//
// Shapes     x [M, K] f32   y [M, 1 + ceil(K / 4)] words: the scale's bits, then four bytes a word,
//            zeros beyond K
// Grid       one workgroup of LANES per row (x, then y); lanes stride over words
// Precision  nearest, ties to even; |x - q s| <= s / 2 but for the division's last bits. A row
//            that holds Inf or NaN gets NaN as its scale, and so gives NaN everywhere
// Limits     rows <= 65535 a line of the grid; K <= 8M * LANES (loop bound)
// Wrapper    compute/ops/linear.cpp     Oracle  tests/reference/quantize.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

layout(set = 0, binding = 0, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { uint y[]; };
layout(push_constant) uniform Push {
  uint rows;   // M
  uint depth;  // K
};

shared uint largest_bits;

const float SMALLEST_NORMAL = 1.17549435e-38;
const uint INFINITY_BITS = 0x7f800000u;

void main() {
  const uint row = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  if (row >= rows) return;
  const uint lane = gl_LocalInvocationID.x;
  if (lane == 0) largest_bits = 0;
  barrier();
  // Of numbers without a sign the larger has the larger bits; Inf and NaN have the largest.
  uint mine = 0;
  for (uint k = lane; k < depth; k += LANES)
    mine = max(mine, floatBitsToUint(x[row * depth + k]) & 0x7fffffffu);
  atomicMax(largest_bits, mine);
  barrier();
  const uint largest = largest_bits;

  const bool is_finite = largest < INFINITY_BITS;
  const float scale = max(uintBitsToFloat(largest) / 127.0, SMALLEST_NORMAL);
  const uint words = (depth + 3) / 4;
  const uint first = row * (words + 1);
  if (lane == 0) y[first] = is_finite ? floatBitsToUint(scale) : 0x7fc00000u;
  for (uint word = lane; word < words; word += LANES) {
    uint packed = 0;
    [[unroll]] for (uint c = 0; c < 4; ++c) {
      const uint k = 4 * word + c;
      const float value = k < depth && is_finite ? x[row * depth + min(k, depth - 1)] : 0.0;
      packed |= (uint(int(roundEven(value / scale))) & 0xffu) << (8 * c);
    }
    y[first + 1 + word] = packed;
  }
}
