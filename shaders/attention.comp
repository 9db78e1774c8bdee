// SPDX-License-Identifier: Apache-2.0
// attention   y = softmax(Q K^T / sqrt(D)) V per head, on any device
//
// Shapes     qkv [B, T, 3, H, D]   y [B, Q, H, D]   f32. Where the keys are split
//            (attention_split.glsl), y is what attention_reduce joins
// Grid       128 lanes per 16 queries (x) of one head of one image (y, then z): eight lanes a
//            query. 32 keys at a time pass through shared memory in slices of 32 channels; values
//            are read where they lie, neighbouring lanes neighbouring channels
// Precision  f32; online softmax: the running maximum is subtracted before every exp
// Limits     D <= 128; 16,384 keys a part (loop bound); 15,360 bytes of shared memory
// Wrapper    compute/ops/attention_parts.cpp     Oracle  tests/reference/attention.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x = 128) in;

#include "attention_interface.glsl"
#include "attention_split.glsl"

const uint QUERIES = 16;
const uint KEYS = 32;
const uint SLICE = 8;       // quads of channels in shared memory at a time
const uint MAX_SLICES = 4;  // of 32 channels: D <= 128
const float LOWEST = -3.0e38;

shared vec4 query_tile[QUERIES][MAX_SLICES * SLICE + 1];  // padded against bank conflicts
shared vec4 key_tile[KEYS][SLICE + 1];
// Lane `part` of a query owns keys part, part + 8, part + 16, part + 24 of the step: one vec4.
shared vec4 weight_tile[QUERIES][KEYS / 4 + 1];

void load_queries(uint base, uint first_query) {
  for (uint i = gl_LocalInvocationID.x; i < QUERIES * QUADS; i += 128) {
    const uint row = head_row(base, QUERY, min(first_query + i % QUERIES, tokens - 1));
    query_tile[i % QUERIES][i / QUERIES] = load_quad(row, i / QUERIES);
  }
}

// Quads slice * SLICE.. of keys first_key..; the last key beyond the end.
void load_keys(uint base, uint first_key, uint end_key, uint slice) {
  for (uint i = gl_LocalInvocationID.x; i < KEYS * SLICE; i += 128) {
    const uint quad = min(slice * SLICE + i % SLICE, QUADS - 1);
    const uint row = head_row(base, KEY, min(first_key + i / SLICE, end_key - 1));
    key_tile[i / SLICE][i % SLICE] = load_quad(row, quad);
  }
}

void main() {
  const Place place = find_place(QUERIES);
  if (place.sequence >= sequences) return;
  const uint base = place.base, end_key = place.end_key;
  const uint mine = gl_LocalInvocationID.x / 8;  // the query of this lane
  const uint part = gl_LocalInvocationID.x % 8;  // its quads of channels: part + 8s
  load_queries(base, place.first_query);

  float maximum = LOWEST, denominator = 0.0;
  vec4 sum[MAX_SLICES];
  [[unroll]] for (uint s = 0; s < MAX_SLICES; ++s) sum[s] = vec4(0.0);

  for (uint first_key = place.first_key; first_key < end_key; first_key += KEYS) {
    const uint last = min(KEYS / 4, end_key - first_key);  // quads of weights beyond it are all zero
    vec4 score = vec4(0.0);
    for (uint slice = 0; slice * SLICE < QUADS; ++slice) {
      barrier();  // the tile's last readers are done
      load_keys(base, first_key, end_key, slice);
      barrier();
      for (uint d = 0; d < min(SLICE, QUADS - slice * SLICE); ++d) {
        const vec4 q = query_tile[mine][slice * SLICE + d];
        score += vec4(dot(q, key_tile[part][d]), dot(q, key_tile[part + 8][d]),
                      dot(q, key_tile[part + 16][d]), dot(q, key_tile[part + 24][d]));
      }
    }
    const uvec4 key = first_key + part + uvec4(0, 8, 16, 24);
    score = mix(vec4(LOWEST), score * inversesqrt(float(DIM)), lessThan(key, uvec4(end_key)));
    weight_tile[mine][part] = score;
    barrier();
    vec4 best = vec4(maximum);
    for (uint k = 0; k < last; ++k) best = max(best, weight_tile[mine][k]);
    const float now = max(max(best.x, best.y), max(best.z, best.w));
    const float rescale = exp(maximum - now);
    maximum = now;
    barrier();
    weight_tile[mine][part] = exp(score - maximum);
    barrier();

    denominator *= rescale;
    [[unroll]] for (uint s = 0; s < MAX_SLICES; ++s) sum[s] *= rescale;
    for (uint k = 0; k < last; ++k) {
      const vec4 w = weight_tile[mine][k];
      denominator += dot(w, vec4(1.0));
      [[unroll]] for (uint i = 0; i < 4; ++i) {
        const uint row = head_row(base, VALUE, min(first_key + k + 8 * i, end_key - 1));
        [[unroll]] for (uint s = 0; s < MAX_SLICES; ++s)
          if (s * SLICE < QUADS) sum[s] += w[i] * load_quad(row, min(s * SLICE + part, QUADS - 1));
      }
    }
  }

  const uint query = place.first_query + mine;
  if (query >= queries) return;
  [[unroll]] for (uint s = 0; s < MAX_SLICES; ++s)
    if (s * SLICE + part < QUADS)
      finish_quad(place, query, s * SLICE + part, sum[s], denominator);
  if (part == 0) finish_row(place, query, maximum, denominator);
}
