// SPDX-License-Identifier: Apache-2.0
// gather_tokens   y[m, k, :] = x[tokens[m, k], :], x's rows counted through the batch
//
// Shapes     x [B, T, C] f32   tokens [M, K] i32   y [M, K, C] f32
// Grid       one workgroup per row of y, rows over x then y; lanes stride over C
// Precision  copies
// Limits     C <= 32,768 * lanes (loop bound); a token beyond B * T counts as the last
// Wrapper    compute/ops/gather_tokens.cpp     Oracle  tests/reference/gather_tokens.hpp
#version 460

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

layout(set = 0, binding = 0, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 1, std430) readonly buffer Tokens { int tokens[]; };
layout(set = 0, binding = 2, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push {
  uint rows;      // M * K
  uint channels;  // C
  uint last;      // B * T - 1
};

void main() {
  const uint row = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  if (row >= rows) return;
  const uint from = min(uint(tokens[row]), last) * channels;
  for (uint c = gl_LocalInvocationID.x; c < channels; c += LANES)
    y[row * channels + c] = x[from + c];
}
