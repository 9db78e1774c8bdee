// SPDX-License-Identifier: Apache-2.0
// attention_rows   y[b, i, :] = mean or maximum over n of softmax(s[b, n, i, :])
//
// Shapes     s [B, N, Q, T]   y [B, Q, T]        all f32
// Grid       one workgroup per row of y, rows over x then y; lanes stride over T
// Precision  f32; the row's maximum is subtracted before every exp
// Limits     N <= 64 (shared memory); 4 N T <= 40,000 * lanes (loop bound)
// Wrapper    compute/ops/attention_rows.cpp     Oracle  tests/reference/attention.hpp
#version 460
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;  // a power of two
layout(constant_id = 1) const uint LARGEST = 0;  // 1: the maximum over n, else the mean

#include "workgroup_max.glsl"
#include "workgroup_sum.glsl"

const uint MAX_HEADS = 64;
const float LOWEST = -3.0e38;

layout(set = 0, binding = 0, std430) readonly buffer S { float s[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push {
  uint rows;     // B * Q
  uint heads;    // N
  uint queries;  // Q
  uint tokens;   // T
};

shared float maximum[MAX_HEADS];
shared float denominator[MAX_HEADS];

void main() {
  const uint row = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  if (row >= rows) return;
  const uint lane = gl_LocalInvocationID.x;
  const uint base = (row / queries * heads * queries + row % queries) * tokens;
  const uint stride = queries * tokens;  // from head to head

  for (uint n = 0; n < heads; ++n) {
    const uint from = base + n * stride;
    float best = LOWEST;
    for (uint t = lane; t < tokens; t += LANES) best = max(best, s[from + t]);
    best = workgroup_max(best);
    float sum = 0.0;
    for (uint t = lane; t < tokens; t += LANES) sum += exp(s[from + t] - best);
    sum = workgroup_sum(sum);
    if (lane == 0) {
      maximum[n] = best;
      denominator[n] = sum;
    }
  }
  barrier();

  for (uint t = lane; t < tokens; t += LANES) {
    float all = 0.0;
    for (uint n = 0; n < heads; ++n) {
      const float weight = exp(s[base + n * stride + t] - maximum[n]) / denominator[n];
      all = LARGEST == 1 ? max(all, weight) : all + weight;
    }
    y[row * tokens + t] = LARGEST == 1 ? all : all / float(heads);
  }
}
