// SPDX-License-Identifier: Apache-2.0
// What every variant of attention shares: bindings and the rows of y.
//
// VEC4       four floats at a time: needs D % 4 == 0. Without it any D.
// ADDRESS    as VEC4, tensors by address: see address.glsl.
// TEXEL      as ADDRESS, but qkv as texels, which some drivers load faster.

layout(constant_id = 2) const uint DIM = 64;  // D, channels per head

#if defined(ADDRESS) || defined(TEXEL)
#include "address.glsl"
#elif defined(VEC4)
#define ELEMENT vec4
#else
#define ELEMENT float
#endif

#if defined(TEXEL)
layout(set = 0, binding = 0) uniform samplerBuffer qkv;
#elif !defined(ADDRESS)
layout(set = 0, binding = 0, std430) readonly buffer Qkv { ELEMENT qkv[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { ELEMENT y[]; };
#endif
layout(push_constant) uniform Push {
#ifdef ADDRESS
  Source qkv;
#endif
#if defined(ADDRESS) || defined(TEXEL)
  Target y;
#endif
  uint sequences;  // B * H
  uint heads;      // H
  uint tokens;     // T
  uint queries;    // Q, of the first tokens: rows of y
  uint chunk;      // keys at a time, a multiple of 4 * LANES; attention_subgroup only
};

#include "attention_heads.glsl"

void store_quad(uint sequence, uint token, uint quad, vec4 value) {
  const uint row = sequence / heads * queries + token;
  const uint at = (row * heads + sequence % heads) * DIM + 4 * quad;
#if defined(ADDRESS) || defined(TEXEL)
  write_quad(y, at / 4, value);
#elif defined(VEC4)
  y[at / 4] = value;
#else
  [[unroll]] for (uint c = 0; c < 4; ++c)
    if (4 * quad + c < DIM) y[at + c] = value[c];
#endif
}
