// SPDX-License-Identifier: Apache-2.0
// rollout_step   y[b, q, j] = keep * base[b, q, j] + 0.5 * sum over i < N of r[b, q, first + i] a[b, i, j]
//
// Shapes     base, r, y [B, Q, T]   a [B, N, T]        all f32
// Grid       one workgroup per (row of y, block of tokens), x then y; a lane owns a token
// Precision  f32, in four partial sums
// Limits     N <= 131,072 (loop bound)
// Wrapper    compute/ops/rollout_step.cpp     Oracle  tests/reference/rollout_step.hpp
#version 460

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

layout(set = 0, binding = 0, std430) readonly buffer Base { float base[]; };
layout(set = 0, binding = 1, std430) readonly buffer R { float r[]; };
layout(set = 0, binding = 2, std430) readonly buffer A { float a[]; };
layout(set = 0, binding = 3, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push {
  uint groups;   // B * Q * blocks of tokens
  uint queries;  // Q
  uint tokens;   // T
  uint first;
  uint count;    // N
  float keep;
};

void main() {
  const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  const uint blocks = (tokens + LANES - 1) / LANES;
  const uint row = group / blocks;
  const uint j = group % blocks * LANES + gl_LocalInvocationID.x;
  if (group >= groups || j >= tokens) return;

  const uint weights = row * tokens + first;
  const uint values = row / queries * count * tokens + j;
  vec4 partial = vec4(0.0);
  uint i = 0;
  for (; i + 4 <= count; i += 4)
    partial += vec4(r[weights + i], r[weights + i + 1], r[weights + i + 2], r[weights + i + 3]) *
               vec4(a[values + i * tokens], a[values + (i + 1) * tokens],
                    a[values + (i + 2) * tokens], a[values + (i + 3) * tokens]);
  float sum = partial.x + partial.y + partial.z + partial.w;
  for (; i < count; ++i) sum += r[weights + i] * a[values + i * tokens];
  y[row * tokens + j] = keep * base[row * tokens + j] + 0.5 * sum;
}
