// SPDX-License-Identifier: Apache-2.0
// linear   y = activation(x W^T + b) [+ residual], on any device
//
// Shapes     x [M, K]   W [N, K] packed   b [N]   residual, y [M, N]   f32; W f32, f16 or i8. Where the
//            depth is split, y is [SPLITS, M, N]: sums of a part of K each, for linear_reduce
// Grid       128 lanes per 64 x 64 tile of y: rows over x, then z; columns, then parts of K, over y.
//            A lane owns 4 rows x (4 + 4) columns. While 16 depths are multiplied from one of two
//            shared tiles the next 16 are on their way to registers, then into the other: one
//            barrier a step
// Precision  products and sums in f32
// NORM, MOMENTS   see linear_moments.glsl
// Limits     K <= 32,768 (loop bound); M <= 65535 * 64 a z slice; N <= 65535 * 64 / SPLITS;
//            16,384 bytes of shared memory, which every device has
// Wrapper    compute/ops/linear.cpp     Oracle  tests/reference/linear.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

layout(local_size_x = 128) in;
layout(constant_id = 6) const uint SPLITS = 1;

#include "linear_interface.glsl"
#include "linear_moments.glsl"

const uint TILE = 64;
const uint STEP = 16;
const uint QUADS = STEP / 4;

shared vec4 x_tile[2 * STEP * TILE / 4];  // [buffer][depth][four rows], see swizzled()
shared vec4 w_tile[2 * STEP * TILE / 4];  // [buffer][depth][four columns]

// Where rows 4 * row_quad.. of `depth` lie: so that eight rows of sixteen depths, which neighbouring
// lanes write at once, fall into different banks.
uint swizzled(uint depth, uint row_quad) { return depth * (TILE / 4) + (row_quad ^ depth / 4 * 2); }

// What a lane has fetched of the next step: four depths of two rows, two depths of a column quad.
vec4 next_x[2];
vec4 next_even, next_odd;

// Depths k..k + 3 of `row`; zero beyond M and K.
vec4 load_x(uint row, uint k, RowMoments moments) {
  vec4 value = vec4(0.0);
  if (row >= rows) return value;
#ifdef VEC4
  if (k < depth) value = normalized(x[(row * depth + k) / 4], moments, k / 4);
#else
  [[unroll]] for (uint c = 0; c < 4; ++c)
    if (k + c < depth) value[c] = x[row * depth + k + c];
#endif
  return value;
}

void fetch(uint first_row, uint first_quad, uint first_depth, RowMoments moments[2]) {
  const uint lane = gl_LocalInvocationID.x;
  [[unroll]] for (uint j = 0; j < 2; ++j)
    next_x[j] = load_x(first_row + lane / QUADS + 32 * j, first_depth + lane % QUADS * 4, moments[j]);
  const uint pair = lane / 16;  // 8 pairs of depths x 16 quads of columns: one each
  const uint quad = first_quad + lane % 16;
  next_even = next_odd = vec4(0.0);
  if (first_depth + 2 * pair < depth && quad < (columns + 3) / 4)
    load_weights(quad, first_depth / 2 + pair, next_even, next_odd);
}

void put_into_tiles(uint buffer_base) {
  const uint lane = gl_LocalInvocationID.x;
  [[unroll]] for (uint j = 0; j < 2; ++j) {
    const uint row = lane / QUADS + 32 * j;
    [[unroll]] for (uint c = 0; c < 4; ++c)
      x_tile[buffer_base + swizzled(lane % QUADS * 4 + c, row / 4)][row % 4] = next_x[j][c];
  }
  const uint at = buffer_base + lane / 16 * 2 * (TILE / 4) + lane % 16;
  w_tile[at] = next_even;
  w_tile[at + TILE / 4] = next_odd;
}

// Columns 4q.. of `row` of a part, as they are.
void store_part(uint part, uint row, uint q, vec4 value) {
#ifdef VEC4
  y[(part * rows + row) * (columns / 4) + q] = value;
#else
  [[unroll]] for (uint c = 0; c < 4; ++c)
    if (4 * q + c < columns) y[(part * rows + row) * columns + 4 * q + c] = value[c];
#endif
}

// Stores a quad of the tile; its values, or zeros where it lies beyond M or N.
vec4 finish(uint part, uint row, uint q, vec4 sum) {
  if (row >= rows || 4 * q >= columns) return vec4(0.0);
  const vec4 value = sum * scale_quad(q);
  if (SPLITS == 1) return store_quad(row, q, value + bias[q]);
  store_part(part, row, q, value);
  return value;
}

#ifdef MOMENTS
// The sums of `mine` over the eight lanes that share a row and 32 columns, for four rows and twice
// 32 columns. The tiles' last readers are done.
void sum_over_columns(inout vec2 mine[4]) {
  const uint lane = gl_LocalInvocationID.x;
  [[unroll]] for (uint r = 0; r < 4; ++r) {
    x_tile[lane / 8 * 16 + 4 * r + lane % 8 / 2][lane % 2] = mine[r].x;
    w_tile[lane / 8 * 16 + 4 * r + lane % 8 / 2][lane % 2] = mine[r].y;
  }
  barrier();
  [[unroll]] for (uint r = 0; r < 4; ++r) {
    vec2 low = vec2(0.0), high = vec2(0.0);
    [[unroll]] for (uint i = 0; i < 4; ++i) {
      low += x_tile[lane / 8 * 16 + 4 * r + i].xy;
      high += w_tile[lane / 8 * 16 + 4 * r + i].xy;
    }
    mine[r] = vec2(low.x + low.y, high.x + high.y);
  }
  barrier();
}

void leave_tile_moments(uint first_row, uint first_quad, vec4 low[4], vec4 high[4]) {
  const uint my_quad = gl_LocalInvocationID.x % 8;
  const uint group = first_quad / 8;  // of 32 columns
  const vec2 count = max(vec2(group_columns(group, columns), group_columns(group + 1, columns)), 1.0);
  const bvec2 inside = bvec2(4 * (first_quad + my_quad) < columns, 4 * (first_quad + my_quad + 8) < columns);
  vec2 sums[4], squares[4], means[4];
  [[unroll]] for (uint r = 0; r < 4; ++r) sums[r] = vec2(dot(low[r], vec4(1.0)), dot(high[r], vec4(1.0)));
  sum_over_columns(sums);
  [[unroll]] for (uint r = 0; r < 4; ++r) {
    means[r] = sums[r] / count;
    const vec4 from_low = low[r] - means[r].x, from_high = high[r] - means[r].y;
    squares[r] = mix(vec2(0.0), vec2(dot(from_low, from_low), dot(from_high, from_high)), inside);
  }
  sum_over_columns(squares);
  [[unroll]] for (uint r = 0; r < 4; ++r) {
    const uint row = first_row + gl_LocalInvocationID.x / 8 * 4 + r;
    if (my_quad != 0 || row >= rows) continue;
    leave_moments(row, group, vec2(means[r].x, squares[r].x));
    if (group + 1 < (columns + 31) / 32) leave_moments(row, group + 1, vec2(means[r].y, squares[r].y));
  }
}
#endif

void main() {
  const uint first_row = (gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x) * TILE;
  if (first_row >= rows) return;
  const uint across = gl_NumWorkGroups.y / SPLITS;
  const uint first_quad = gl_WorkGroupID.y % across * (TILE / 4);
  const uint part = gl_WorkGroupID.y / across;
  const uint steps = (depth + STEP - 1) / STEP;
  const uint first_step = part * ((steps + SPLITS - 1) / SPLITS);
  const uint last_step = min(first_step + (steps + SPLITS - 1) / SPLITS, steps);
  const uint my_quad = gl_LocalInvocationID.x % 8;          // and my_quad + 8
  const uint my_row_quad = gl_LocalInvocationID.x / 8;      // four rows

  RowMoments moments[2];
  [[unroll]] for (uint j = 0; j < 2; ++j)
    moments[j] = row_moments(min(first_row + gl_LocalInvocationID.x / QUADS + 32 * j, rows - 1));
  vec4 low[4], high[4];
  [[unroll]] for (uint r = 0; r < 4; ++r) low[r] = high[r] = vec4(0.0);

  uint base = 0;  // of the buffer that is read
  fetch(first_row, first_quad, first_step * STEP, moments);
  put_into_tiles(base);
  for (uint step = first_step; step < last_step; ++step) {
    barrier();  // this buffer is full, and the other's last readers are done
    const bool more = step + 1 < last_step;
    if (more) fetch(first_row, first_quad, (step + 1) * STEP, moments);
    for (uint k = 0; k < STEP; ++k) {
      const vec4 a = x_tile[base + swizzled(k, my_row_quad)];
      const vec4 w_low = w_tile[base + k * (TILE / 4) + my_quad];
      const vec4 w_high = w_tile[base + k * (TILE / 4) + my_quad + 8];
      [[unroll]] for (uint r = 0; r < 4; ++r) {
        low[r] += a[r] * w_low;
        high[r] += a[r] * w_high;
      }
    }
    base ^= STEP * TILE / 4;
    if (more) put_into_tiles(base);
  }

  [[unroll]] for (uint r = 0; r < 4; ++r) {
    const uint row = first_row + 4 * my_row_quad + r;
    low[r] = finish(part, row, first_quad + my_quad, low[r]);
    high[r] = finish(part, row, first_quad + my_quad + 8, high[r]);
  }
#ifdef MOMENTS
  barrier();  // the tiles' last readers are done
  leave_tile_moments(first_row, first_quad, low, high);
#endif
}
