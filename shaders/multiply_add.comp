// SPDX-License-Identifier: Apache-2.0
// multiply_add   y[i] = sum of 4 * QUADS recurrences v <- v * x[0] + x[1], TURNS times over, each
//                begun at (i % 1024 + its number) / 1024
//
// Shapes     x [2]   y [N]        all f32
// Grid       lanes over x then y; each owns one y and keeps all its recurrences in registers
// Precision  f32
// Limits     TURNS <= 40,000 (loop bound)
// Wrapper    compute/ops/multiply_add.cpp     Oracle  tests/reference/multiply_add.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;
layout(constant_id = 1) const uint QUADS = 3;  // more hide latency, too many spill
layout(constant_id = 2) const uint TURNS = 2048;
const uint TOGETHER = 16;

layout(set = 0, binding = 0, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push { uint count; };

void main() {
  const uint i = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LANES +
                 gl_LocalInvocationID.x;
  if (i >= count) return;
  const float factor = x[0], term = x[1];
  vec4 v[QUADS];
  [[unroll]] for (uint c = 0; c < QUADS; ++c)
    v[c] = vec4(i % 1024 + 4 * c + uvec4(0, 1, 2, 3)) / 1024.0;
  // What a loop costs a software device, above all its mask, is shared by many turns.
  for (uint t = 0; t < TURNS / TOGETHER; ++t) {
    [[unroll]] for (uint u = 0; u < TOGETHER; ++u)
      [[unroll]] for (uint c = 0; c < QUADS; ++c) v[c] = v[c] * factor + term;
  }
  for (uint t = 0; t < TURNS % TOGETHER; ++t) {
    [[unroll]] for (uint c = 0; c < QUADS; ++c) v[c] = v[c] * factor + term;
  }
  vec4 sum = v[0];
  [[unroll]] for (uint c = 1; c < QUADS; ++c) sum += v[c];
  y[i] = sum.x + sum.y + sum.z + sum.w;
}
