// SPDX-License-Identifier: Apache-2.0
// average   y = (a + b) / 2
//
// Shapes     a, b, y: the same, any        all f32
// Grid       one workgroup per 8 * lanes elements, x then y
// Precision  f32
// Limits     2^32 elements
// Wrapper    compute/ops/average.cpp     Oracle  tests/reference/average.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

layout(set = 0, binding = 0, std430) readonly buffer A { float a[]; };
layout(set = 0, binding = 1, std430) readonly buffer B { float b[]; };
layout(set = 0, binding = 2, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push { uint elements; };

void main() {
  const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  const uint first = group * 8 * LANES + gl_LocalInvocationID.x;
  [[unroll]] for (uint j = 0; j < 8; ++j) {
    const uint i = first + j * LANES;
    if (i < elements) y[i] = 0.5 * (a[i] + b[i]);
  }
}
