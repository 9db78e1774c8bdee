// SPDX-License-Identifier: Apache-2.0
// linear_reduce   y = activation(sum over parts of x + b) [+ residual]: ends a product split over K
//
// Shapes     x [SPLITS, M, N]   b [N]   residual, y [M, N]        all f32
// Grid       a lane per four columns of a row (x), then y where x is full
// Precision  f32; parts are added in order
// Limits     M * N / 4 lanes
// Wrapper    compute/ops/linear_matrix.cpp     Oracle  tests/reference/linear.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;
layout(constant_id = 1) const uint SPLITS = 2;

#include "linear_interface.glsl"

vec4 load_sum(uint row, uint q) {
#ifdef VEC4
  return x[row * (columns / 4) + q];
#else
  vec4 value = vec4(0.0);
  [[unroll]] for (uint c = 0; c < 4; ++c)
    if (4 * q + c < columns) value[c] = x[row * columns + 4 * q + c];
  return value;
#endif
}

void main() {
  const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  const uint i = group * LANES + gl_LocalInvocationID.x;
  const uint quads = (columns + 3) / 4;
  const uint row = i / quads, q = i % quads;
  if (row >= rows) return;
  vec4 sum = bias[q];
  for (uint s = 0; s < SPLITS; ++s) sum += load_sum(s * rows + row, q);
  store_quad(row, q, sum);
}
