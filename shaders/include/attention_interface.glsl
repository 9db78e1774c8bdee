// SPDX-License-Identifier: Apache-2.0
// What every variant of attention shares: bindings and access to rows of heads.
//
// VEC4       four floats at a time: needs D % 4 == 0. Without it any D.
// ADDRESS    as VEC4, tensors by address: see address.glsl.

layout(constant_id = 2) const uint DIM = 64;  // D, channels per head
const uint QUADS = (DIM + 3) / 4;

#ifdef ADDRESS
#include "address.glsl"
#elif defined(VEC4)
#define ELEMENT vec4
#else
#define ELEMENT float
#endif

#ifndef ADDRESS
layout(set = 0, binding = 0, std430) readonly buffer Qkv { ELEMENT qkv[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { ELEMENT y[]; };
#endif
layout(push_constant) uniform Push {
#ifdef ADDRESS
  Source qkv;
  Target y;
#endif
  uint sequences;  // B * H
  uint heads;      // H
  uint tokens;     // T
  uint queries;    // Q, of the first tokens: rows of y
  uint chunk;      // keys at a time, a multiple of 4 * LANES; attention_subgroup only
};

const uint QUERY = 0;
const uint KEY = 1;
const uint VALUE = 2;

// The first float of head `sequence % heads` in image `sequence / heads`. Computed once: integer
// division is slow. The host bounds B * T * 3C below 2^32.
uint head_base(uint sequence) {
  return (sequence / heads * tokens * 3 * heads + sequence % heads) * DIM;
}

// The first float of `part` of token `token` in the head that starts at `base`.
uint head_row(uint base, uint part, uint token) { return base + (token * 3 + part) * heads * DIM; }

// Channels 4 * quad.. of the row that starts at float `row`; zero beyond D.
vec4 load_quad(uint row, uint quad) {
#if defined(ADDRESS)
  return read_quad(qkv, row / 4 + quad);
#elif defined(VEC4)
  return qkv[row / 4 + quad];
#else
  vec4 value = vec4(0.0);
  [[unroll]] for (uint c = 0; c < 4; ++c)
    value[c] = 4 * quad + c < DIM ? qkv[row + min(4 * quad + c, DIM - 1)] : 0.0;
  return value;
#endif
}

void store_quad(uint sequence, uint token, uint quad, vec4 value) {
  const uint row = sequence / heads * queries + token;
  const uint at = (row * heads + sequence % heads) * DIM + 4 * quad;
#if defined(ADDRESS)
  write_quad(y, at / 4, value);
#elif defined(VEC4)
  y[at / 4] = value;
#else
  [[unroll]] for (uint c = 0; c < 4; ++c)
    if (4 * quad + c < DIM) y[at + c] = value[c];
#endif
}
