// SPDX-License-Identifier: Apache-2.0
// layer_norm   y[r,:] = (x[r,:] - mean) / sqrt(variance + epsilon) * gamma + beta
//
// Shapes     x, y [rows, C]   gamma, beta [C]        all f32
// Grid       one workgroup per row, rows over x then y; lanes stride over C
// Precision  mean and variance in two passes, accumulated in f32; the second pass also sums the
//            deviations, which mends what rounding took from the mean (Chan et al. 1983)
// Limits     C <= 8192 * lanes (loop bound); rows <= 65535 * 65535
// Wrapper    compute/ops/layer_norm.cpp     Oracle  tests/reference/layer_norm.hpp
#version 460
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;  // of a row: one subgroup, or a power of two

#include "workgroup_sum.glsl"

layout(set = 0, binding = 0, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 1, std430) readonly buffer Gamma { float gamma[]; };
layout(set = 0, binding = 2, std430) readonly buffer Beta { float beta[]; };
layout(set = 0, binding = 3, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push {
  uint rows;
  uint channels;
  float epsilon;
};

void main() {
  const uint row = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  if (row >= rows) return;  // the last line of the grid may be partly empty
  const uint base = row * channels;

  float sum = 0.0;
  for (uint c = gl_LocalInvocationID.x; c < channels; c += LANES) sum += x[base + c];
  const float mean = workgroup_sum(sum) / float(channels);

  float deviations = 0.0, squares = 0.0;
  for (uint c = gl_LocalInvocationID.x; c < channels; c += LANES) {
    const float d = x[base + c] - mean;
    deviations += d;
    squares += d * d;
  }
  const float missed = workgroup_sum(deviations) / float(channels);
  const float variance = workgroup_sum(squares) / float(channels) - missed * missed;
  const float scale = inversesqrt(max(variance, 0.0) + epsilon);

  for (uint c = gl_LocalInvocationID.x; c < channels; c += LANES)
    y[base + c] = (x[base + c] - mean - missed) * scale * gamma[c] + beta[c];
}
