// SPDX-License-Identifier: Apache-2.0
// hermitian   y = x, but in the columns v = 0 and 2 v = W, which are their own mirror,
//             y[b, u, v] = (x[b, u, v] + conj(x[b, H - u mod H, v])) / 2
//
// Shapes     x, y [B, H, W / 2 + 1, 2]        all f32, the last axis (real, imaginary)
// Grid       one workgroup per 8 * lanes complex values, x then y
// Precision  f32
// Limits     2^32 complex values
// Wrapper    compute/ops/fft.cpp     Oracle  tests/reference/fft.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

layout(set = 0, binding = 0, std430) readonly buffer X { vec2 x[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { vec2 y[]; };
layout(push_constant) uniform Push {
  uint values;  // B * H * (W / 2 + 1)
  uint rows;    // H
  uint width;   // W
};

void main() {
  const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  const uint first = group * 8 * LANES + gl_LocalInvocationID.x;
  const uint columns = width / 2 + 1;
  [[unroll]] for (uint j = 0; j < 8; ++j) {
    const uint i = first + j * LANES;
    if (i >= values) continue;
    const uint v = i % columns;
    vec2 value = x[i];
    if (v == 0 || 2 * v == width) {
      const uint u = i / columns % rows;
      const uint mirror = (u == 0) ? i : i + (rows - 2 * u) * columns;
      const vec2 other = x[mirror];
      value = 0.5 * vec2(value.x + other.x, value.y - other.y);
    }
    y[i] = value;
  }
}
