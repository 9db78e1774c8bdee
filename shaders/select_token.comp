// SPDX-License-Identifier: Apache-2.0
// select_token   y[b, :] = x[b, token, :]
//
// Shapes     x [B, T, C]   y [B, C]        all f32
// Grid       one workgroup per sequence, sequences over x then y; lanes stride over C
// Precision  copies
// Limits     C <= 32,768 * lanes (loop bound)
// Wrapper    compute/ops/select_token.cpp     Oracle  tests/reference/select_token.hpp
#version 460

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

layout(set = 0, binding = 0, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push {
  uint sequences;  // B
  uint tokens;     // T
  uint channels;   // C
  uint token;
};

void main() {
  const uint b = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  if (b >= sequences) return;
  for (uint c = gl_LocalInvocationID.x; c < channels; c += LANES)
    y[b * channels + c] = x[(b * tokens + token) * channels + c];
}
