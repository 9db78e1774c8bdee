// SPDX-License-Identifier: Apache-2.0
// A tile of a product by matrices of a subgroup: what linear_coopmat and linear_coopmat8 share.
//
// A unit is 16 bytes of depths of one row. While one step of them is multiplied from shared
// memory the next is on its way to registers. Include it last, after these:
//   FACTOR, UNIT_DEPTHS         a factor's type, and how many of them a unit holds
//   SLOT                        of what shared memory is made; a row of a matrix is whole slots
//   SLOT_DEPTHS                 how many factors one holds
//   PUT(tile, i, unit)          puts unit i of a tile into its slots
//   SUM, SUM_QUAD               the type of a sum, and of four
//   Unit, load_unit, pack       of x as it is loaded (zero beyond M and K), and as factors
//   finished_sums(row, q, sums) columns 4q.. of `row` before the bias

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 128;  // SUBGROUP * 2 * TILE_N / 32
layout(constant_id = 1) const uint TILE_M = 64;
layout(constant_id = 5) const uint TILE_N = 64;
layout(constant_id = 6) const uint SUBGROUP = 32;
layout(constant_id = 7) const uint MAT_M = 16;  // the device's matrices; each 8 or 16,
layout(constant_id = 8) const uint MAT_N = 16;
layout(constant_id = 9) const uint MAT_K = 16;  // of bytes 32 too

const uint UNITS = 4;  // of a step
const uint TILE_K = UNITS * UNIT_DEPTHS;
const uint STRIDE = UNITS + 1;  // rows are skewed by 16 bytes: eight of them fill all banks
const uint SLOTS = UNIT_DEPTHS / SLOT_DEPTHS;
const uint WARP_M = TILE_M / 2;
const uint WARP_N = 32;
const uint WARPS = 2 * TILE_N / WARP_N;
const uint COUNT_M = WARP_M / MAT_M;
const uint COUNT_N = WARP_N / MAT_N;
const uint X_LOADS = TILE_M * UNITS / LANES;
const uint W_LOADS = TILE_N * UNITS / LANES;
const uint STAGE_STRIDE = WARP_N / 4 + 1;

shared SLOT x_tile[TILE_M * STRIDE * SLOTS];
shared SLOT w_tile[TILE_N * STRIDE * SLOTS];
shared SUM_QUAD stage[WARPS * MAT_M * STAGE_STRIDE];

// Columns 4q.. of `row` of the parts, as they are.
void store_part(uint row, uint q, vec4 value) {
#ifdef VEC4
  y[row * (columns / 4) + q] = value;
#else
  [[unroll]] for (uint c = 0; c < 4; ++c)
    if (4 * q + c < columns) y[row * columns + 4 * q + c] = value[c];
#endif
}

Unit next_x[X_LOADS];
uvec4 next_w[W_LOADS];

void fetch(uint first_row, uint first_column, uint step, RowMoments moments[X_LOADS]) {
  const uint row_units = (depth + 63) / 64 * 64 / UNIT_DEPTHS;  // of a row of W
  [[unroll]] for (uint j = 0; j < X_LOADS; ++j) {
    const uint i = gl_LocalInvocationID.x + LANES * j;
    next_x[j] = load_unit(first_row + i / UNITS, step * TILE_K + i % UNITS * UNIT_DEPTHS, moments[j]);
  }
  [[unroll]] for (uint j = 0; j < W_LOADS; ++j) {
    const uint i = gl_LocalInvocationID.x + LANES * j;
    const uint column = min(first_column + i / UNITS, columns - 1);
    next_w[j] = weight[column * row_units + step * UNITS + i % UNITS];
  }
}

void put_into_tiles() {
  [[unroll]] for (uint j = 0; j < X_LOADS; ++j) {
    const uint i = gl_LocalInvocationID.x + LANES * j;
    PUT(x_tile, i / UNITS * STRIDE + i % UNITS, pack(next_x[j]));
  }
  [[unroll]] for (uint j = 0; j < W_LOADS; ++j) {
    const uint i = gl_LocalInvocationID.x + LANES * j;
    PUT(w_tile, i / UNITS * STRIDE + i % UNITS, next_w[j]);
  }
}

#ifdef MOMENTS
// WARP_N columns of a row, one quad of them a lane: eight neighbours of a subgroup, all at work.
float sum_of_eight(float value) {
  [[unroll]] for (uint m = 1; m < WARP_N / 4; m *= 2) value += subgroupShuffleXor(value, m);
  return value;
}
void leave_group_moments(uint row, uint q, vec4 value) {
  const uint group = q / 8;
  const float mean = sum_of_eight(dot(value, vec4(1.0))) / max(float(group_columns(group, columns)), 1.0);
  const vec4 off = value - mean;
  const float squares = sum_of_eight(4 * q < columns ? dot(off, off) : 0.0);
  if (q % 8 == 0 && row < rows && 4 * q < columns) leave_moments(row, group, vec2(mean, squares));
}
#endif

void main() {
  const uint first_row = gl_WorkGroupID.y * TILE_M;
  const uint first_column = gl_WorkGroupID.x * TILE_N;
  const uint warp_row = gl_SubgroupID % 2 * WARP_M;
  const uint warp_column = gl_SubgroupID / 2 * WARP_N;

  const uint all_steps = (depth + TILE_K - 1) / TILE_K;
  const uint split_steps = (all_steps + gl_NumWorkGroups.z - 1) / gl_NumWorkGroups.z;
  const uint first_step = gl_WorkGroupID.z * split_steps;
  const uint last_step = min(first_step + split_steps, all_steps);

  coopmat<SUM, gl_ScopeSubgroup, MAT_M, MAT_N, gl_MatrixUseAccumulator> sum[COUNT_M][COUNT_N];
  [[unroll]] for (uint i = 0; i < COUNT_M; ++i)
    [[unroll]] for (uint j = 0; j < COUNT_N; ++j)
      sum[i][j] = coopmat<SUM, gl_ScopeSubgroup, MAT_M, MAT_N, gl_MatrixUseAccumulator>(SUM(0));

  RowMoments moments[X_LOADS];
  [[unroll]] for (uint j = 0; j < X_LOADS; ++j)
    moments[j] = row_moments(min(first_row + (gl_LocalInvocationID.x + LANES * j) / UNITS, rows - 1));
  fetch(first_row, first_column, first_step, moments);
  for (uint step = first_step; step < last_step; ++step) {
    barrier();  // the tiles' last readers are done
    put_into_tiles();
    barrier();
    if (step + 1 < last_step) fetch(first_row, first_column, step + 1, moments);

    [[unroll]] for (uint k = 0; k < TILE_K; k += MAT_K) {
      coopmat<FACTOR, gl_ScopeSubgroup, MAT_M, MAT_K, gl_MatrixUseA> a[COUNT_M];
      [[unroll]] for (uint i = 0; i < COUNT_M; ++i)
        coopMatLoad(a[i], x_tile, (warp_row + i * MAT_M) * STRIDE * SLOTS + k / SLOT_DEPTHS,
                    STRIDE * SLOTS, gl_CooperativeMatrixLayoutRowMajor);
      [[unroll]] for (uint j = 0; j < COUNT_N; ++j) {
        coopmat<FACTOR, gl_ScopeSubgroup, MAT_K, MAT_N, gl_MatrixUseB> b;
        coopMatLoad(b, w_tile, (warp_column + j * MAT_N) * STRIDE * SLOTS + k / SLOT_DEPTHS,
                    STRIDE * SLOTS, gl_CooperativeMatrixLayoutColumnMajor);
        [[unroll]] for (uint i = 0; i < COUNT_M; ++i)
          sum[i][j] = coopMatMulAdd(a[i], b, sum[i][j]);
      }
    }
  }

  // Which lane holds which element is the device's secret, so results pass through shared memory,
  // a row of matrices at a time; lanes then store whole quads, neighbours side by side.
  const uint room = gl_SubgroupID * MAT_M * STAGE_STRIDE;
  [[unroll]] for (uint i = 0; i < COUNT_M; ++i) {
    barrier();
    [[unroll]] for (uint j = 0; j < COUNT_N; ++j)
      coopMatStore(sum[i][j], stage, room + j * MAT_N / 4, STAGE_STRIDE,
                   gl_CooperativeMatrixLayoutRowMajor);
    barrier();
    for (uint t = gl_SubgroupInvocationID; t < MAT_M * WARP_N / 4; t += SUBGROUP) {
      const uint r = t / (WARP_N / 4), c = t % (WARP_N / 4);
      const uint row = first_row + warp_row + i * MAT_M + r;
      const uint q = (first_column + warp_column) / 4 + c;
      vec4 value = vec4(0.0);
      if (row < rows && 4 * q < columns) {
        value = finished_sums(row, q, stage[room + r * STAGE_STRIDE + c]);
        if (gl_NumWorkGroups.z > 1)
          store_part(gl_WorkGroupID.z * rows + row, q, value);
        else
          value = store_quad(row, q, value + bias[q]);
      }
#ifdef MOMENTS
      leave_group_moments(row, q, value);
#endif
    }
  }
}
