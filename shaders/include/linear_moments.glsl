// SPDX-License-Identifier: Apache-2.0
// LayerNorm folded into the product after it, by moments that the product before left behind.
// Include it after linear_interface.glsl.
//
// Moments    [M, ceil(C / 32)] pairs: mean and sum of squared deviations of 32 columns of a row
// MOMENTS    this product leaves them of y
// NORM       this product's x is normalised as it is loaded, row by row:
//            (x - mean) / sqrt(variance + epsilon) * gamma + beta
// Precision  groups are joined as Chan et al. (1983) join them: nothing cancels

// How many of `count` columns group `group` has.
uint group_columns(uint group, uint count) { return min(32, count - min(32 * group, count)); }

struct RowMoments {
  float mean, factor;
};

#ifdef NORM
RowMoments row_moments(uint row) {
  const uint groups = (depth + 31) / 32;
  float sum = 0.0;
  for (uint g = 0; g < groups; ++g)
    sum += float(group_columns(g, depth)) * moments_in[row * groups + g].x;
  const float mean = sum / float(depth);
  float squares = 0.0;
  for (uint g = 0; g < groups; ++g) {
    const vec2 group = moments_in[row * groups + g];
    const float off = group.x - mean;
    squares += group.y + float(group_columns(g, depth)) * off * off;
  }
  return RowMoments(mean, inversesqrt(squares / float(depth) + epsilon));
}
vec4 normalized(vec4 value, RowMoments moments, uint quad) {
  return (value - moments.mean) * moments.factor * gamma[quad] + beta[quad];
}
#else
RowMoments row_moments(uint row) { return RowMoments(0.0, 1.0); }
vec4 normalized(vec4 value, RowMoments moments, uint quad) { return value; }
#endif

#ifdef MOMENTS
void leave_moments(uint row, uint group, vec2 moments) {
  moments_out[row * ((columns + 31) / 32) + group] = moments;
}
#endif
