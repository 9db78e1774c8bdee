// SPDX-License-Identifier: Apache-2.0
// layer_norm_rows   y[r,:] = (x[r,:] - mean) / sqrt(variance + epsilon) * gamma + beta, for devices
//                   whose subgroup is a CPU vector
//
// Shapes     x, y [rows, C]   gamma, beta [C]        all f32, read by address or as texels
// Grid       one subgroup per LANES rows, over x then y; a lane owns a row, so that no sum crosses
//            lanes, which such devices do one lane after another
// Precision  mean and variance in two passes, accumulated in f32; the second pass also sums the
//            deviations, which mends what rounding took from the mean (Chan et al. 1983)
// Limits     C % 4 == 0; C <= 53,332 (loop bound)
// Wrapper    compute/ops/layer_norm.cpp     Oracle  tests/reference/layer_norm.hpp
#version 460
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 8;

#include "address.glsl"

// ADDRESS    all by address
// TEXEL      but y as texels, which some drivers load faster
#ifdef TEXEL
layout(set = 0, binding = 0) uniform samplerBuffer x;
layout(set = 0, binding = 1) uniform samplerBuffer gamma;
layout(set = 0, binding = 2) uniform samplerBuffer beta;
#endif
layout(push_constant) uniform Push {
#ifdef ADDRESS
  Source x;
  Source gamma;
  Source beta;
#endif
  Target y;
  uint rows;
  uint channels;
  float epsilon;
};

float sum_of(vec4 v) { return (v.x + v.y) + (v.z + v.w); }

void main() {
  const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  const uint row = group * LANES + gl_LocalInvocationID.x;
  if (row >= rows) return;
  const uint quads = channels / 4;
  const uint first = row * quads;

  vec4 sums = vec4(0.0);
  for (uint q = 0; q < quads; ++q) sums += read_quad(x, first + q);
  const float mean = sum_of(sums) / float(channels);

  vec4 deviations = vec4(0.0), squares = vec4(0.0);
  for (uint q = 0; q < quads; ++q) {
    const vec4 d = read_quad(x, first + q) - mean;
    deviations += d;
    squares += d * d;
  }
  const float missed = sum_of(deviations) / float(channels);
  const float variance = sum_of(squares) / float(channels) - missed * missed;
  const float scale = inversesqrt(max(variance, 0.0) + epsilon);

  for (uint q = 0; q < quads; ++q) {
    const vec4 normal = (read_quad(x, first + q) - mean - missed) * scale;
    write_quad(y, first + q, normal * read_quad(gamma, q) + read_quad(beta, q));
  }
}
