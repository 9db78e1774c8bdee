// SPDX-License-Identifier: Apache-2.0
// attention_scores   s[b, n, i, j] = q[b, asked[b, i], h] . k[b, j, h] / sqrt(D),  h = first_head + n
//
// Shapes     qkv [B, T, 3, H, D]   asked [B, Q] i32   s [B, N, Q, T]   f32
// Grid       one workgroup per (sequence of N heads, ROWS queries, block of keys), x then y; a lane
//            owns a key and keeps its scores against ROWS queries
// Precision  f32
// Limits     D <= 128 and ROWS <= 8 (loop bound); an asked token beyond T counts as the last
// Wrapper    compute/ops/attention_rows.cpp     Oracle  tests/reference/attention.hpp
//
// LISTED     queries are those in `asked`; without it first_token, first_token + 1, ...
// VEC4       four floats at a time: needs D % 4 == 0
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;
layout(constant_id = 1) const uint ROWS = 1;
layout(constant_id = 2) const uint DIM = 64;

#ifdef VEC4
#define ELEMENT vec4
#else
#define ELEMENT float
#endif

layout(set = 0, binding = 0, std430) readonly buffer Qkv { ELEMENT qkv[]; };
#ifdef LISTED
layout(set = 0, binding = 1, std430) readonly buffer Asked { int asked[]; };
layout(set = 0, binding = 2, std430) writeonly buffer S { float s[]; };
#else
layout(set = 0, binding = 1, std430) writeonly buffer S { float s[]; };
#endif
layout(push_constant) uniform Push {
  uint groups;
  uint heads;        // H
  uint tokens;       // T
  uint queries;      // Q
  uint first_head;
  uint chosen;       // N
  uint first_token;
};

#include "attention_heads.glsl"

uint token_of(uint image, uint query) {
#ifdef LISTED
  return min(uint(asked[image * queries + query]), tokens - 1);
#else
  return first_token + query;
#endif
}

void main() {
  const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  if (group >= groups) return;
  const uint key_blocks = (tokens + LANES - 1) / LANES;
  const uint row_blocks = (queries + ROWS - 1) / ROWS;
  const uint key = group % key_blocks * LANES + gl_LocalInvocationID.x;
  const uint first = group / key_blocks % row_blocks * ROWS;
  const uint sequence = group / key_blocks / row_blocks;
  const uint image = sequence / chosen;
  const uint base = head_base(image * heads + first_head + sequence % chosen);

  const uint key_row = head_row(base, KEY, min(key, tokens - 1));
  uint query_row[ROWS];
  float score[ROWS];
  [[unroll]] for (uint r = 0; r < ROWS; ++r) {
    query_row[r] = head_row(base, QUERY, token_of(image, min(first + r, queries - 1)));
    score[r] = 0.0;
  }
  for (uint d = 0; d < QUADS; ++d) {
    const vec4 k = load_quad(key_row, d);
    [[unroll]] for (uint r = 0; r < ROWS; ++r) score[r] += dot(load_quad(query_row[r], d), k);
  }
  if (key >= tokens) return;
  const uint to = (sequence * queries + first) * tokens + key;
  [[unroll]] for (uint r = 0; r < ROWS; ++r)
    if (first + r < queries) s[to + r * tokens] = score[r] * inversesqrt(float(DIM));
}
