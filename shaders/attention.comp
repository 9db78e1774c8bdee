// SPDX-License-Identifier: Apache-2.0
// attention   y = softmax(Q K^T / sqrt(D)) V per head, on any device
//
// Shapes     qkv [B, T, 3, H, D]   y [B, T, H, D]        all f32
// Grid       128 lanes per 16 queries (x) of one head of one image (y, then z): eight lanes a
//            query. 32 keys at a time; keys and values pass through shared memory in slices of
//            32 channels
// Precision  f32; online softmax: the running maximum is subtracted before every exp
// Limits     D <= 128; T <= 1,000,000 (loop bound); 15,168 bytes of shared memory
// Wrapper    compute/ops/attention.cpp     Oracle  tests/reference/attention.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x = 128) in;

#include "attention_interface.glsl"

const uint QUERIES = 16;
const uint KEYS = 32;
const uint SLICE = 8;       // quads of channels in shared memory at a time
const uint MAX_SLICES = 4;  // of 32 channels: D <= 128
const float LOWEST = -3.0e38;

shared vec4 query_tile[QUERIES][MAX_SLICES * SLICE + 1];  // padded against bank conflicts
shared vec4 key_tile[KEYS][SLICE + 1];
shared float weight_tile[QUERIES][KEYS + 1];

// Quads slice * SLICE.. of keys (or values) first_key..; zero beyond D, the last key beyond T.
void load_slice(uint sequence, uint part, uint first_key, uint slice) {
  [[unroll]] for (uint j = 0; j < KEYS * SLICE / 128; ++j) {
    const uint i = gl_LocalInvocationID.x + 128 * j;
    const uint quad = slice * SLICE + i % SLICE;
    const uint row = head_row(sequence, part, min(first_key + i / SLICE, tokens - 1));
    key_tile[i / SLICE][i % SLICE] = quad < QUADS ? load_quad(row, quad) : vec4(0.0);
  }
}

void main() {
  const uint lane = gl_LocalInvocationID.x;
  const uint sequence = gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y;
  if (sequence >= sequences) return;
  const uint first_query = gl_WorkGroupID.x * QUERIES;
  const uint mine = lane / 8;  // the query of this lane
  const uint part = lane % 8;  // its keys part + 8i, its quads of channels part + 8i

  [[unroll]] for (uint j = 0; j < QUERIES * MAX_SLICES * SLICE / 128; ++j) {
    const uint i = lane + 128 * j;
    const uint quad = i / QUERIES;
    const uint row = head_row(sequence, QUERY, min(first_query + i % QUERIES, tokens - 1));
    query_tile[i % QUERIES][quad] = quad < QUADS ? load_quad(row, quad) : vec4(0.0);
  }

  float maximum = LOWEST, denominator = 0.0;
  vec4 sum[MAX_SLICES];
  [[unroll]] for (uint s = 0; s < MAX_SLICES; ++s) sum[s] = vec4(0.0);

  for (uint first_key = 0; first_key < tokens; first_key += KEYS) {
    vec4 score = vec4(0.0);
    [[unroll]] for (uint s = 0; s < MAX_SLICES; ++s) {
      if (s * SLICE < QUADS) {
        barrier();  // the tile's last readers are done
        load_slice(sequence, KEY, first_key, s);
        barrier();
        [[unroll]] for (uint d = 0; d < SLICE; ++d) {
          const vec4 q = query_tile[mine][s * SLICE + d];
          score += vec4(dot(q, key_tile[part][d]), dot(q, key_tile[part + 8][d]),
                        dot(q, key_tile[part + 16][d]), dot(q, key_tile[part + 24][d]));
        }
      }
    }
    const uvec4 key = first_key + part + uvec4(0, 8, 16, 24);
    score = mix(vec4(LOWEST), score * inversesqrt(float(DIM)), lessThan(key, uvec4(tokens)));
    [[unroll]] for (uint i = 0; i < 4; ++i) weight_tile[mine][part + 8 * i] = score[i];
    barrier();

    float now = maximum;
    [[unroll]] for (uint k = 0; k < KEYS; ++k) now = max(now, weight_tile[mine][k]);
    barrier();
    const float rescale = exp(maximum - now);
    maximum = now;
    [[unroll]] for (uint i = 0; i < 4; ++i)
      weight_tile[mine][part + 8 * i] = exp(score[i] - maximum);
    barrier();
    float total = 0.0;
    [[unroll]] for (uint k = 0; k < KEYS; ++k) total += weight_tile[mine][k];
    denominator = denominator * rescale + total;

    [[unroll]] for (uint s = 0; s < MAX_SLICES; ++s) {
      if (s * SLICE < QUADS) {
        barrier();
        load_slice(sequence, VALUE, first_key, s);
        barrier();
        sum[s] *= rescale;
        [[unroll]] for (uint k = 0; k < KEYS; ++k)
          sum[s] += weight_tile[mine][k] * key_tile[k][part];
      }
    }
  }

  if (first_query + mine >= tokens) return;
  [[unroll]] for (uint s = 0; s < MAX_SLICES; ++s)
    if (s * SLICE + part < QUADS)
      store_quad(sequence, first_query + mine, s * SLICE + part, sum[s] / denominator);
}
