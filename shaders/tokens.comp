// SPDX-License-Identifier: Apache-2.0
// tokens   y[b, t, :] = (t < R ? prefix[t, :] : x[b, t - R, :]) + positions[t, :]
//
// Shapes     x [B, N, C]   prefix [R, C]   positions [R + N, C]   y [B, R + N, C]        all f32
// Grid       one workgroup per row of y, rows over x then y; lanes stride over C
// Precision  one f32 addition
// Limits     C <= 32,768 * lanes (loop bound)
// Wrapper    compute/ops/tokens.cpp     Oracle  tests/reference/tokens.hpp
#version 460

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

layout(set = 0, binding = 0, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 1, std430) readonly buffer Prefix { float prefix[]; };
layout(set = 0, binding = 2, std430) readonly buffer Positions { float positions[]; };
layout(set = 0, binding = 3, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push {
  uint rows;      // B * (R + N)
  uint tokens;    // R + N
  uint prefixes;  // R
  uint channels;  // C
};

void main() {
  const uint row = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  if (row >= rows) return;
  const uint b = row / tokens;
  const uint t = row % tokens;
  const uint from = b * (tokens - prefixes) + t - prefixes;  // a row of x, where t >= R

  for (uint c = gl_LocalInvocationID.x; c < channels; c += LANES) {
    const float value = t < prefixes ? prefix[t * channels + c] : x[from * channels + c];
    y[row * channels + c] = value + positions[t * channels + c];
  }
}
