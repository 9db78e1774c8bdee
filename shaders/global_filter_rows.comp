// SPDX-License-Identifier: Apache-2.0
// global_filter_rows   spectrum[r, v, :, c] = sum over w of x[r, w, c] exp(-2 pi i v w / W)
//
// Shapes     waves [2, W]   x [R, W, C]   spectrum [R, W / 2 + 1, 2, C]   all f32; R rows of all
//            grids
// Grid       one workgroup per (row, block of channels), x then y; a lane owns a channel
// Precision  f32; a sum of at most W / 2 products
// Limits     W <= 32 (straight code)
// Wrapper    compute/ops/global_filter.cpp     Oracle  tests/reference/global_filter.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

#include "fourier.glsl"

layout(set = 0, binding = 1, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 2, std430) writeonly buffer Spectrum { float spectrum[]; };

void main() {
  const uint group = group_index();
  const uint c = channel_of(group);
  if (group >= groups || c >= channels) return;
  const uint row = group / channel_blocks();

  const uint from = row * N * channels + c;
  float even[HALF + 1], odd[HALF + 1];
  even[0] = x[from];
  [[unroll]] for (uint w = 1; w <= PAIRS; ++w) {
    const float a = x[from + w * channels], b = x[from + (N - w) * channels];
    even[w] = a + b;
    odd[w] = a - b;
  }
  const float middle = HAS_MIDDLE ? x[from + HALF * channels] : 0.0;

  const uint to = row * (HALF + 1) * 2 * channels + c;
  [[unroll]] for (uint v = 0; v <= HALF; ++v) {
    float re = even[0] + (v % 2 == 0 ? middle : -middle), im = 0.0;
    [[unroll]] for (uint w = 1; w <= PAIRS; ++w) {
      re += even[w] * cosine(v * w);
      im -= odd[w] * sine(v * w);
    }
    spectrum[to + 2 * v * channels] = re;
    spectrum[to + (2 * v + 1) * channels] = im;
  }
}
