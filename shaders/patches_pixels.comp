// SPDX-License-Identifier: Apache-2.0
// patches_pixels   y[b, n, (c, r, s)] = values[c, pixels[b, PATCH_H * (n / across) + r,
//                                                        PATCH_W * (n % across) + s, c]]
//
// Shapes     pixels [B, H, W, 3] u8, four to a word   values [3, 256]
//            y [B, N, 3 * PATCH_H * PATCH_W]                             values and y f32
// Grid       one workgroup per patch, patches over x then y; lanes stride over its pixels
// Precision  copies of `values`: a byte has 256 of them, so the host's own arithmetic is kept
// Limits     PATCH_H * PATCH_W <= 32,768 * lanes (loop bound); pixels < 2^32 bytes
// Wrapper    compute/ops/patches.cpp     Oracle  tests/reference/patches.hpp
#version 460

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;
layout(constant_id = 1) const uint PATCH_H = 16;
layout(constant_id = 2) const uint PATCH_W = 16;

layout(set = 0, binding = 0, std430) readonly buffer Pixels { uint pixels[]; };
layout(set = 0, binding = 1, std430) readonly buffer Values { float values[]; };
layout(set = 0, binding = 2, std430) writeonly buffer Y { float y[]; };
layout(push_constant) uniform Push {
  uint patches;  // B * N
  uint height;
  uint width;
};

void main() {
  const uint patch_index = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  if (patch_index >= patches) return;
  const uint across = width / PATCH_W;
  const uint down = height / PATCH_H;
  const uint b = patch_index / (down * across);
  const uint n = patch_index % (down * across);
  const uint corner = (b * height + n / across * PATCH_H) * width + n % across * PATCH_W;

  const uint plane = PATCH_H * PATCH_W;
  const uint to = patch_index * 3 * plane;
  for (uint i = gl_LocalInvocationID.x; i < plane; i += LANES) {
    const uint at = (corner + i / PATCH_W * width + i % PATCH_W) * 3;
    // A pixel's three bytes lie in one word or in two neighbours.
    const uint first = pixels[at / 4], last = pixels[(at + 2) / 4];
    const uint red = first >> (at % 4 * 8) & 0xff;
    const uint green = (at % 4 == 3 ? last : first >> (at % 4 * 8 + 8)) & 0xff;
    const uint blue = last >> ((at + 2) % 4 * 8) & 0xff;
    y[to + i] = values[red];
    y[to + plane + i] = values[256 + green];
    y[to + 2 * plane + i] = values[512 + blue];
  }
}
