// SPDX-License-Identifier: Apache-2.0
// global_filter_back   y[r, w, c] = Re sum over v of z[r, v, :, c] exp(2 pi i v w / W); what a
//                      frequency and its mirror weigh is in the filters
//
// Shapes     waves [2, W]   z [R, W / 2 + 1, 2, C]   y [R, W, C]   all f32; R rows of all grids
// Grid       one workgroup per (row, block of channels), x then y; a lane owns a channel
// Precision  f32; sums of at most W / 2 products
// Limits     W <= 32 (straight code)
// Wrapper    compute/ops/global_filter.cpp     Oracle  tests/reference/global_filter.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

#include "fourier.glsl"

layout(set = 0, binding = 1, std430) readonly buffer Z { float z[]; };
layout(set = 0, binding = 2, std430) writeonly buffer Y { float y[]; };

void main() {
  const uint group = group_index();
  const uint c = channel_of(group);
  if (group >= groups || c >= channels) return;
  const uint row = group / channel_blocks();

  const uint from = row * (HALF + 1) * 2 * channels + c;
  float re[HALF + 1], im[HALF + 1];
  [[unroll]] for (uint v = 0; v <= HALF; ++v) {
    re[v] = z[from + 2 * v * channels];
    im[v] = z[from + (2 * v + 1) * channels];
  }
  const float middle = HAS_MIDDLE ? re[HALF] : 0.0;

  const uint to = row * N * channels + c;
  [[unroll]] for (uint w = 0; w <= HALF; ++w) {
    float even = re[0] + (w % 2 == 0 ? middle : -middle), odd = 0.0;
    [[unroll]] for (uint v = 1; v <= PAIRS; ++v) {
      even += re[v] * cosine(v * w);
      odd += im[v] * sine(v * w);
    }
    y[to + w * channels] = even - odd;
    if (w > 0 && w <= PAIRS) y[to + (N - w) * channels] = even + odd;
  }
}
