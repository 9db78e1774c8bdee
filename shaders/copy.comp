// SPDX-License-Identifier: Apache-2.0
// copy   y = x
//
// Shapes     x, y [N], N a multiple of 4        all f32
// Grid       a workgroup owns 16 * LANES quads of the array, groups over x then y; lanes stride
// Precision  copies
// Limits     N < 2^32
// Wrapper    compute/ops/copy.cpp     Oracle  its own input
#version 460

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

layout(set = 0, binding = 0, std430) readonly buffer X { vec4 x[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { vec4 y[]; };
layout(push_constant) uniform Push { uint quads; };

void main() {
  const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  const uint first = group * 16 * LANES + gl_LocalInvocationID.x;
  for (uint i = 0; i < 16; ++i) {
    const uint at = first + i * LANES;
    if (at < quads) y[at] = x[at];
  }
}
