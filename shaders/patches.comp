// SPDX-License-Identifier: Apache-2.0
// patches   y[b, n, (c, r, s)] = image[b, c, PATCH_H * (n / across) + r, PATCH_W * (n % across) + s]
//
// Shapes     image [B, 3, H, W]   y [B, N, 3 * PATCH_H * PATCH_W]        all f32
// Grid       one workgroup per patch, patches over x then y; lanes stride over its elements
// Precision  copies
// Limits     3 * PATCH_H * PATCH_W <= 32,768 * lanes (loop bound)
// Wrapper    compute/ops/patches.cpp     Oracle  tests/reference/patches.hpp
#version 460

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;
layout(constant_id = 1) const uint PATCH_H = 16;
layout(constant_id = 2) const uint PATCH_W = 16;

layout(set = 0, binding = 0, std430) readonly buffer Image { float image[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { float y[]; };
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
  const uint corner = (b * 3 * height + n / across * PATCH_H) * width + n % across * PATCH_W;

  const uint size = 3 * PATCH_H * PATCH_W;
  for (uint i = gl_LocalInvocationID.x; i < size; i += LANES) {
    const uint line = i / PATCH_W;  // (c, r)
    const uint from = (line / PATCH_H * height + line % PATCH_H) * width + i % PATCH_W;
    y[patch_index * size + i] = image[corner + from];
  }
}
