// SPDX-License-Identifier: Apache-2.0
// mean_tokens   y[b, c] = mean of x[b, first.., c]
//
// Shapes     x [B, T, C]   y [B, C]        all f32
// Grid       one workgroup per (sequence, block of channels), x then y; a lane owns a channel
// Precision  f32, in four partial sums
// Limits     T <= 131,072 (loop bound)
// Wrapper    compute/ops/mean_tokens.cpp     Oracle  tests/reference/mean_tokens.hpp
#version 460

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

layout(set = 0, binding = 0, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push {
  uint groups;    // B * blocks of channels
  uint tokens;    // T
  uint channels;  // C
  uint first;
};

void main() {
  const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  const uint blocks = (channels + LANES - 1) / LANES;
  const uint b = group / blocks;
  const uint c = group % blocks * LANES + gl_LocalInvocationID.x;
  if (group >= groups || c >= channels) return;

  const uint base = b * tokens * channels + c;
  vec4 partial = vec4(0.0);
  uint t = first;
  for (; t + 4 <= tokens; t += 4)
    partial += vec4(x[base + t * channels], x[base + (t + 1) * channels],
                    x[base + (t + 2) * channels], x[base + (t + 3) * channels]);
  float sum = partial.x + partial.y + partial.z + partial.w;
  for (; t < tokens; ++t) sum += x[base + t * channels];
  y[b * channels + c] = sum / float(tokens - first);
}
