// SPDX-License-Identifier: Apache-2.0
// What the three steps of global_filter share: discrete Fourier transforms of N points as
// products with constant matrices, halved by what is even and odd about the middle.

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;
layout(constant_id = 1) const uint N = 14;  // points of the transform
const uint HALF = N / 2;                    // the last frequency of a real row
const uint PAIRS = (N - 1) / 2;             // points 1 ... PAIRS each have a mirror, N minus it
const bool HAS_MIDDLE = N % 2 == 0;         // point HALF is its own mirror

// Loops are unrolled, so that every index is a constant and arrays are registers.
layout(set = 0, binding = 0, std430) readonly buffer Waves { float waves[]; };  // [2, N]
layout(push_constant) uniform Push {
  uint groups;
  uint channels;  // C
  uint stride;    // columns only: V, the frequencies of a row
};

float cosine(uint turns) { return waves[turns % N]; }      // of 2 pi turns / N
float sine(uint turns) { return waves[N + turns % N]; }

uint group_index() { return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x; }
uint channel_blocks() { return (channels + LANES - 1) / LANES; }
uint channel_of(uint group) {
  return group % channel_blocks() * LANES + gl_LocalInvocationID.x;
}
