// SPDX-License-Identifier: Apache-2.0
// select_token   y[b, i, :] = x[b, token + i, :]
//
// Shapes     x [B, T, C]   y [B, count, C]        all f32
// Grid       one workgroup per row of y, rows over x then y; lanes stride over C
// Precision  copies
// Limits     C <= 32,768 * lanes (loop bound)
// Wrapper    compute/ops/select_token.cpp     Oracle  tests/reference/select_token.hpp
#version 460

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

layout(set = 0, binding = 0, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push {
  uint rows;      // B * count
  uint count;
  uint tokens;    // T
  uint channels;  // C
  uint token;
};

void main() {
  const uint row = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  if (row >= rows) return;
  const uint from = row / count * tokens + token + row % count;
  for (uint c = gl_LocalInvocationID.x; c < channels; c += LANES)
    y[row * channels + c] = x[from * channels + c];
}
