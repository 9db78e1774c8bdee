// SPDX-License-Identifier: Apache-2.0
// attention_reduce   joins attention's parts over keys: y = sum of e^(m_p - m) s_p / sum of e^(m_p - m) l_p
//
// Shapes     qkv: the parts [P, B * H, Q, QUADS + 1 quads] of attention_split.glsl   y [B, Q, H, D]
// Grid       a lane per quad of channels of a query (x), then y where x is full
// Precision  f32; the largest maximum is subtracted before every exp
// Limits     B * H * Q * QUADS lanes
// Wrapper    compute/ops/attention_parts.cpp     Oracle  tests/reference/attention.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

#include "attention_interface.glsl"

vec4 load_part(uint at) {
#ifdef VEC4
  return qkv[at];
#else
  return vec4(qkv[4 * at], qkv[4 * at + 1], qkv[4 * at + 2], qkv[4 * at + 3]);
#endif
}

void main() {
  const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  const uint i = group * LANES + gl_LocalInvocationID.x;
  const uint quad = i % QUADS, row = i / QUADS;
  if (row >= sequences * queries) return;
  const uint parts = (tokens + chunk - 1) / chunk;
  float maximum = -3.0e38, denominator = 0.0;
  vec4 sum = vec4(0.0);
  for (uint p = 0; p < parts; ++p) {
    const uint at = (p * sequences * queries + row) * (QUADS + 1);
    const vec4 tail = load_part(at + QUADS);
    const float now = max(maximum, tail.x);
    const float old_factor = exp(maximum - now), factor = exp(tail.x - now);
    maximum = now;
    denominator = denominator * old_factor + factor * tail.y;
    sum = sum * old_factor + factor * load_part(at + quad);
  }
  store_quad(row / queries, row % queries, quad, sum / denominator);
}
