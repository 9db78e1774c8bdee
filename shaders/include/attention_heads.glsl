// SPDX-License-Identifier: Apache-2.0
// Rows of heads within qkv [B, T, 3, H, D]. Include it after declaring DIM (D), `heads` (H),
// `tokens` (T) and `qkv`: of vec4 with VEC4, by address with ADDRESS or as texels with TEXEL
// (address.glsl), else of float.

const uint QUADS = (DIM + 3) / 4;
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
#if defined(ADDRESS) || defined(TEXEL)
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
