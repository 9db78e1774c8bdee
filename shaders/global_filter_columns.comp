// SPDX-License-Identifier: Apache-2.0
// global_filter_columns   z[b, :, v] = F^-1 (filters[:, v] * F spectrum[b, :, v]), F the transform
//                         of H points, F^-1 its inverse without the division by H
//
// Shapes     waves [2, H]   spectrum, z [B, H, V, 2, C]   filters [H, V, 2, C]        all f32
// Grid       one workgroup per (grid, frequency v, block of channels), x then y; a lane owns a
//            channel
// Precision  f32; sums of at most H / 2 products
// Limits     H <= 32 (straight code)
// Wrapper    compute/ops/global_filter.cpp     Oracle  tests/reference/global_filter.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require
#extension GL_GOOGLE_include_directive : require

#include "fourier.glsl"

layout(set = 0, binding = 1, std430) readonly buffer Spectrum { float spectrum[]; };
layout(set = 0, binding = 2, std430) readonly buffer Filters { float filters[]; };
layout(set = 0, binding = 3, std430) writeonly buffer Z { float z[]; };

vec2 point[N];

// point[u] = sum over h of point[h] exp(direction 2 pi i u h / N)
void transform(float direction) {
  vec2 even[HALF + 1], odd[HALF + 1];
  even[0] = point[0];
  [[unroll]] for (uint h = 1; h <= PAIRS; ++h) {
    even[h] = point[h] + point[N - h];
    odd[h] = point[h] - point[N - h];
  }
  const vec2 middle = HAS_MIDDLE ? point[HALF] : vec2(0.0);
  [[unroll]] for (uint u = 0; u <= HALF; ++u) {
    vec2 a = even[0] + (u % 2 == 0 ? middle : -middle), b = vec2(0.0);
    [[unroll]] for (uint h = 1; h <= PAIRS; ++h) {
      a += even[h] * cosine(u * h);
      b += odd[h] * sine(u * h);
    }
    b = direction * vec2(-b.y, b.x);
    point[u] = a + b;
    if (u > 0 && u <= PAIRS) point[N - u] = a - b;
  }
}

void main() {
  const uint group = group_index();
  const uint c = channel_of(group);
  if (group >= groups || c >= channels) return;
  const uint column = group / channel_blocks();  // (b, v)
  const uint v = column % stride;

  const uint first = (column / stride * N * stride + v) * 2 * channels + c;
  const uint step = stride * 2 * channels;
  [[unroll]] for (uint h = 0; h < N; ++h)
    point[h] = vec2(spectrum[first + h * step], spectrum[first + h * step + channels]);

  transform(-1.0);
  const uint filter_at = v * 2 * channels + c;
  [[unroll]] for (uint u = 0; u < N; ++u) {
    const float re = filters[filter_at + u * step], im = filters[filter_at + u * step + channels];
    point[u] = vec2(point[u].x * re - point[u].y * im, point[u].x * im + point[u].y * re);
  }
  transform(1.0);

  [[unroll]] for (uint h = 0; h < N; ++h) {
    z[first + h * step] = point[h].x;
    z[first + h * step + channels] = point[h].y;
  }
}
