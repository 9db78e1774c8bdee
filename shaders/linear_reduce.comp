// SPDX-License-Identifier: Apache-2.0
// linear_reduce   y = activation(sum over parts + b) [+ residual]: ends a product split over K
//
// Shapes     parts [P, M, N]   b [N]   residual, y [M, N]        all f32
// Grid       a lane per four columns of a row (x), then y where x is full
// Precision  f32; parts are added in order
// Limits     M * N / 4 lanes
// Wrapper    compute/ops/linear_product.cpp     Oracle  tests/reference/linear.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;
layout(constant_id = 1) const uint ACTIVATION = 0;  // the values of ops::Activation
layout(constant_id = 2) const uint ADD_RESIDUAL = 0;

layout(set = 0, binding = 0, std430) readonly buffer Parts { float parts[]; };
layout(set = 0, binding = 1, std430) readonly buffer Bias { vec4 bias[]; };
layout(set = 0, binding = 2, std430) readonly buffer Residual { float residual[]; };
layout(set = 0, binding = 3, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push {
  uint rows;     // M
  uint columns;  // N
  uint count;    // P
};

#include "gelu.glsl"

void main() {
  const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  const uint i = group * LANES + gl_LocalInvocationID.x;
  const uint quads = (columns + 3) / 4;
  const uint row = i / quads, q = i % quads;
  if (row >= rows) return;
  vec4 sum = bias[q];
  for (uint p = 0; p < count; ++p)
    [[unroll]] for (uint c = 0; c < 4; ++c)
      if (4 * q + c < columns) sum[c] += parts[(p * rows + row) * columns + 4 * q + c];
  const vec4 value = activate(ACTIVATION, sum);
  [[unroll]] for (uint c = 0; c < 4; ++c) {
    if (4 * q + c >= columns) return;
    const uint at = row * columns + 4 * q + c;
    y[at] = ADD_RESIDUAL != 0 ? value[c] + residual[at] : value[c];
  }
}
