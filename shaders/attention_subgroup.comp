// SPDX-License-Identifier: Apache-2.0
// attention_subgroup   y = softmax(Q K^T / sqrt(D)) V per head, for devices whose subgroup is a CPU
//                      vector
//
// Shapes     qkv [B, T, 3, H, D]   y [B, Q, H, D]        all f32
// Grid       one subgroup per ROWS queries (x) of one head of one image (y, then z). Keys come in
//            chunks: scores of a chunk go to shared memory with a lane per four keys, and are read
//            back with a lane per query, so that the softmax needs no exchange between lanes
// Precision  f32; online softmax: the running maximum is subtracted before every exp
// Limits     D <= 128; 16 * ROOM bytes of shared memory; T <= 16,384 (loop bound)
// Wrapper    compute/ops/attention.cpp     Oracle  tests/reference/attention.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 8;  // the subgroup's size, at least 4
layout(constant_id = 1) const uint ROWS = 16;  // a multiple of 8, at most 32
layout(constant_id = 3) const uint ROOM = 1024;  // for scores: ROWS * chunk / 4 at most

#include "attention_interface.glsl"

const uint SLICES = (ROWS + LANES - 1) / LANES;    // queries of a lane
const uint MAX_SLOTS = 8;                          // D <= 128 over at least 4 lanes
const uint SLOTS = (QUADS + LANES - 1) / LANES;    // quads of channels of a lane
const float LOWEST = -3.0e38;

shared vec4 scores[ROOM];

// Scores of ROWS queries against keys first_key.., the lane's four at block * 4 * LANES + 4 * lane.
void score_block(uint base, uint first_query, uint first_key, uint block) {
  const uint lane = gl_SubgroupInvocationID;
  const uint last = tokens - 1;
  const uint key_quad = block * LANES + lane;
  const uvec4 key = first_key + 4 * key_quad + uvec4(0, 1, 2, 3);
  uint key_row[4];
  [[unroll]] for (uint c = 0; c < 4; ++c) key_row[c] = head_row(base, KEY, min(key[c], last));
  uint query_row[SLICES];
  [[unroll]] for (uint s = 0; s < SLICES; ++s)
    query_row[s] = head_row(base, QUERY, min(first_query + s * LANES + lane, last));

  vec4 score[ROWS];
  [[unroll]] for (uint r = 0; r < ROWS; ++r) score[r] = vec4(0.0);
  for (uint d = 0; d < QUADS; ++d) {
    vec4 query[SLICES];
    [[unroll]] for (uint s = 0; s < SLICES; ++s)
      query[s] = load_quad(query_row[s], d);
    const vec4 k0 = load_quad(key_row[0], d);
    const vec4 k1 = load_quad(key_row[1], d);
    const vec4 k2 = load_quad(key_row[2], d);
    const vec4 k3 = load_quad(key_row[3], d);
    [[unroll]] for (uint r = 0; r < ROWS; ++r) {
      const vec4 a = subgroupShuffle(query[r / LANES], r % LANES);
      score[r] += vec4(dot(a, k0), dot(a, k1), dot(a, k2), dot(a, k3));
    }
  }

  const float scale = inversesqrt(float(DIM));
  const bvec4 valid = lessThan(key, uvec4(tokens));
  [[unroll]] for (uint r = 0; r < ROWS; ++r)
    scores[r * (chunk / 4) + key_quad] = mix(vec4(LOWEST), score[r] * scale, valid);
}

void main() {
  const uint lane = gl_SubgroupInvocationID;
  const uint first_query = gl_WorkGroupID.x * ROWS;
  const uint sequence = gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y;
  if (sequence >= sequences) return;
  const uint base = head_base(sequence);

  // One entry per query of this lane: row s * LANES + lane.
  float maximum[SLICES], denominator[SLICES];
  uint score_row[SLICES];
  [[unroll]] for (uint s = 0; s < SLICES; ++s) {
    maximum[s] = LOWEST;
    denominator[s] = 0.0;
    score_row[s] = min(s * LANES + lane, ROWS - 1) * (chunk / 4);
  }
  vec4 sum[ROWS * SLOTS];
  [[unroll]] for (uint i = 0; i < ROWS * SLOTS; ++i) sum[i] = vec4(0.0);

  for (uint first_key = 0; first_key < tokens; first_key += chunk) {
    const uint key_quads = (min(chunk, tokens - first_key) + 3) / 4;
    subgroupBarrier();  // the previous chunk's scores have been read
    for (uint block = 0; block * LANES < key_quads; ++block)
      score_block(base, first_query, first_key, block);
    subgroupBarrier();

    vec4 best[SLICES];
    [[unroll]] for (uint s = 0; s < SLICES; ++s) best[s] = vec4(maximum[s]);
    for (uint k = 0; k < key_quads; ++k)
      [[unroll]] for (uint s = 0; s < SLICES; ++s)
        best[s] = max(best[s], scores[score_row[s] + k]);
    float rescale[SLICES];
    [[unroll]] for (uint s = 0; s < SLICES; ++s) {
      const float now = max(max(best[s].x, best[s].y), max(best[s].z, best[s].w));
      rescale[s] = exp(maximum[s] - now);
      maximum[s] = now;
      denominator[s] *= rescale[s];
    }
    [[unroll]] for (uint j = 0; j < MAX_SLOTS; ++j) {
      if (j < SLOTS)
        [[unroll]] for (uint r = 0; r < ROWS; ++r)
          sum[j * ROWS + r] *= subgroupShuffle(rescale[r / LANES], r % LANES);
    }

    for (uint k = 0; k < key_quads; ++k) {
      vec4 weight[SLICES];
      [[unroll]] for (uint s = 0; s < SLICES; ++s) {
        weight[s] = exp(scores[score_row[s] + k] - maximum[s]);
        denominator[s] += dot(weight[s], vec4(1.0));
      }
      uint row[4];
      [[unroll]] for (uint c = 0; c < 4; ++c)
        row[c] = head_row(base, VALUE, min(first_key + 4 * k + c, tokens - 1));

      [[unroll]] for (uint j = 0; j < MAX_SLOTS; ++j) {
        if (j < SLOTS) {
          const uint quad = min(j * LANES + lane, QUADS - 1);
          const vec4 v0 = load_quad(row[0], quad);
          const vec4 v1 = load_quad(row[1], quad);
          const vec4 v2 = load_quad(row[2], quad);
          const vec4 v3 = load_quad(row[3], quad);
          [[unroll]] for (uint r = 0; r < ROWS; ++r) {
            const vec4 w = subgroupShuffle(weight[r / LANES], r % LANES);
            vec4 total = sum[j * ROWS + r];
            total += w.x * v0;
            total += w.y * v1;
            total += w.z * v2;
            total += w.w * v3;
            sum[j * ROWS + r] = total;
          }
        }
      }
    }
  }

  [[unroll]] for (uint j = 0; j < MAX_SLOTS; ++j) {
    if (j < SLOTS)
      [[unroll]] for (uint r = 0; r < ROWS; ++r) {
        const vec4 result = sum[j * ROWS + r] / subgroupShuffle(denominator[r / LANES], r % LANES);
        if (first_query + r < queries && j * LANES + lane < QUADS)
          store_quad(sequence, first_query + r, j * LANES + lane, result);
      }
  }
}
