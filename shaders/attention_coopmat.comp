// SPDX-License-Identifier: Apache-2.0
// attention_coopmat   y = softmax(Q K^T / sqrt(D)) V per head, by matrices of a subgroup
//
// Shapes     qkv [B, T, 3, H, D]   y [B, T, H, D]   f32. Where the keys are split
//            (attention_split.glsl), y is what attention_reduce joins
// Grid       four subgroups, each with MAT_M queries (x) of one head of one image (y, then z). 32
//            keys at a time pass through shared memory as halves; scores leave their matrices
//            through it, so that each lane knows its row, and return to them as weights
// Precision  q / sqrt(D), k, v and the softmax's weights rounded to f16, sums in f32; online
//            softmax: the running maximum is subtracted before every exp
// Limits     D <= 128; needs VK_KHR_cooperative_matrix; values beyond f16 become infinite
// Wrapper    compute/ops/attention_parts.cpp     Oracle  tests/reference/attention.hpp
#version 460
#pragma use_vulkan_memory_model
#extension GL_EXT_control_flow_attributes : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 128;     // 4 * SUBGROUP
layout(constant_id = 1) const uint SUBGROUP = 32;   // a multiple of MAT_M
layout(constant_id = 3) const uint MAT_M = 16;      // the device's matrices; each 8 or 16
layout(constant_id = 4) const uint MAT_N = 16;
layout(constant_id = 5) const uint MAT_K = 16;

#include "attention_interface.glsl"
#include "attention_split.glsl"

const uint WARPS = 4;
const uint KEYS = 32;                         // of one step
const uint WIDTH = (DIM + 15) / 16 * 16;      // D, padded with zeros
const uint WIDTH_QUADS = WIDTH / 4;
const uint STRIDE = WIDTH_QUADS + 2;          // in uvec2; skewed by 16 bytes
const uint KEY_STRIDE = KEYS / 4 + 2;         // of the weights, likewise
const uint SCORE_STRIDE = KEYS / 4 + 1;       // in vec4
const uint STAGE_STRIDE = (KEYS > WIDTH ? KEYS : WIDTH) / 4 + 1;
const uint ROW_LANES = SUBGROUP / MAT_M;      // lanes that share a query's scores
const uint ROW_QUADS = KEYS / 4 / ROW_LANES;  // quads of scores of each
const uint PARTS_D = WIDTH / MAT_K;           // matrices along D, as the depth of Q K^T
const uint PARTS_N = WIDTH / MAT_N;           // matrices along D, as the columns of y
const float LOWEST = -3.0e38;

// Keys, then values; before the first step the queries of all subgroups (4 * MAT_M <= 2 * KEYS).
shared uvec2 tile[2 * KEYS * STRIDE];
shared uvec2 weights[WARPS * MAT_M * KEY_STRIDE];
shared vec4 stage[WARPS * MAT_M * STAGE_STRIDE];  // scores; at the end rows of y
shared vec4 factors[WARPS * MAT_M * MAT_N / 4];   // a row's factor, once per column

uvec2 pack(vec4 value) { return uvec2(packHalf2x16(value.xy), packHalf2x16(value.zw)); }

// Rows first.. of `part`, as halves times `scale`, to rows target.. of the tile; zeros beyond
// `end` and D, so that what meets them adds nothing.
void load_rows(uint base, uint part, uint first, uint end, uint count, uint target, float scale) {
  for (uint i = gl_LocalInvocationID.x; i < count * WIDTH_QUADS; i += LANES) {
    const uint row = first + i / WIDTH_QUADS, quad = i % WIDTH_QUADS;
    vec4 value = vec4(0.0);
    if (row < end && quad < QUADS) value = load_quad(head_row(base, part, row), quad);
    tile[(target + i / WIDTH_QUADS) * STRIDE + quad] = pack(value * scale);
  }
}

float row_max(float value) {
  [[unroll]] for (uint m = 1; m < ROW_LANES; m *= 2)
    value = max(value, subgroupShuffleXor(value, m));
  return value;
}

float row_sum(float value) {
  [[unroll]] for (uint m = 1; m < ROW_LANES; m *= 2) value += subgroupShuffleXor(value, m);
  return value;
}

void main() {
  const Place place = find_place(WARPS * MAT_M);
  if (place.sequence >= sequences) return;
  const uint warp = gl_SubgroupID;
  const uint row = gl_SubgroupInvocationID / ROW_LANES;   // of this subgroup's queries
  const uint part = gl_SubgroupInvocationID % ROW_LANES;  // of that row's scores

  load_rows(place.base, QUERY, place.first_query, tokens, WARPS * MAT_M, 0, inversesqrt(float(DIM)));
  barrier();
  coopmat<float16_t, gl_ScopeSubgroup, MAT_M, MAT_K, gl_MatrixUseA> query[PARTS_D];
  [[unroll]] for (uint d = 0; d < PARTS_D; ++d)
    coopMatLoad(query[d], tile, warp * MAT_M * STRIDE + d * MAT_K / 4, STRIDE,
                gl_CooperativeMatrixLayoutRowMajor);
  coopmat<float, gl_ScopeSubgroup, MAT_M, MAT_N, gl_MatrixUseAccumulator> sum[PARTS_N];
  [[unroll]] for (uint n = 0; n < PARTS_N; ++n)
    sum[n] = coopmat<float, gl_ScopeSubgroup, MAT_M, MAT_N, gl_MatrixUseAccumulator>(0.0);
  float maximum = LOWEST, denominator = 0.0;

  const uint my_stage = warp * MAT_M * STAGE_STRIDE;
  const uint my_weights = warp * MAT_M * KEY_STRIDE;
  const uint my_factors = warp * MAT_M * MAT_N / 4;

  for (uint first_key = place.first_key; first_key < place.end_key; first_key += KEYS) {
    barrier();  // the tile's last readers are done
    load_rows(place.base, KEY, first_key, place.end_key, KEYS, 0, 1.0);
    load_rows(place.base, VALUE, first_key, place.end_key, KEYS, KEYS, 1.0);
    barrier();

    [[unroll]] for (uint n = 0; n < KEYS; n += MAT_N) {
      coopmat<float, gl_ScopeSubgroup, MAT_M, MAT_N, gl_MatrixUseAccumulator> score =
          coopmat<float, gl_ScopeSubgroup, MAT_M, MAT_N, gl_MatrixUseAccumulator>(0.0);
      [[unroll]] for (uint d = 0; d < PARTS_D; ++d) {
        coopmat<float16_t, gl_ScopeSubgroup, MAT_K, MAT_N, gl_MatrixUseB> key;
        coopMatLoad(key, tile, n * STRIDE + d * MAT_K / 4, STRIDE,
                    gl_CooperativeMatrixLayoutColumnMajor);
        score = coopMatMulAdd(query[d], key, score);
      }
      coopMatStore(score, stage, my_stage + n / 4, SCORE_STRIDE,
                   gl_CooperativeMatrixLayoutRowMajor);
    }
    barrier();

    vec4 score[ROW_QUADS];
    float best = maximum;
    [[unroll]] for (uint t = 0; t < ROW_QUADS; ++t) {
      const uint quad = part + ROW_LANES * t;
      const uvec4 key = first_key + 4 * quad + uvec4(0, 1, 2, 3);
      const vec4 raw = stage[my_stage + row * SCORE_STRIDE + quad];
      score[t] = mix(vec4(LOWEST), raw, lessThan(key, uvec4(place.end_key)));
      best = max(best, max(max(score[t].x, score[t].y), max(score[t].z, score[t].w)));
    }
    best = row_max(best);
    const float rescale = exp(maximum - best);
    maximum = best;
    float total = 0.0;
    [[unroll]] for (uint t = 0; t < ROW_QUADS; ++t) {
      const vec4 weight = exp(score[t] - maximum);
      total += dot(weight, vec4(1.0));
      weights[my_weights + row * KEY_STRIDE + part + ROW_LANES * t] = pack(weight);
    }
    denominator = denominator * rescale + row_sum(total);
    for (uint c = part; c < MAT_N / 4; c += ROW_LANES)
      factors[my_factors + row * (MAT_N / 4) + c] = vec4(rescale);
    barrier();

    coopmat<float, gl_ScopeSubgroup, MAT_M, MAT_N, gl_MatrixUseAccumulator> factor;
    coopMatLoad(factor, factors, my_factors, MAT_N / 4, gl_CooperativeMatrixLayoutRowMajor);
    [[unroll]] for (uint n = 0; n < PARTS_N; ++n) sum[n] = sum[n] * factor;
    [[unroll]] for (uint k = 0; k < KEYS; k += MAT_K) {
      coopmat<float16_t, gl_ScopeSubgroup, MAT_M, MAT_K, gl_MatrixUseA> weight;
      coopMatLoad(weight, weights, my_weights + k / 4, KEY_STRIDE,
                  gl_CooperativeMatrixLayoutRowMajor);
      [[unroll]] for (uint n = 0; n < PARTS_N; ++n) {
        coopmat<float16_t, gl_ScopeSubgroup, MAT_K, MAT_N, gl_MatrixUseB> value;
        coopMatLoad(value, tile, (KEYS + k) * STRIDE + n * MAT_N / 4, STRIDE,
                    gl_CooperativeMatrixLayoutRowMajor);
        sum[n] = coopMatMulAdd(weight, value, sum[n]);
      }
    }
  }

  barrier();  // scores have been read
  [[unroll]] for (uint n = 0; n < PARTS_N; ++n)
    coopMatStore(sum[n], stage, my_stage + n * MAT_N / 4, STAGE_STRIDE,
                 gl_CooperativeMatrixLayoutRowMajor);
  barrier();
  const uint query_at = place.first_query + warp * MAT_M + row;
  if (query_at >= queries) return;
  for (uint quad = part; quad < QUADS; quad += ROW_LANES)
    finish_quad(place, query_at, quad, stage[my_stage + row * STAGE_STRIDE + quad], denominator);
  if (part == 0) finish_row(place, query_at, maximum, denominator);
}
