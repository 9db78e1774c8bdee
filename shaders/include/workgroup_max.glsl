// SPDX-License-Identifier: Apache-2.0
// float workgroup_max(float value): the largest of the workgroup, returned to every lane.
//
// Include it after declaring LANES, the workgroup's size: a power of two up to 256.

shared float partial_maxima[256];

float workgroup_max(float value) {
  const uint lane = gl_LocalInvocationID.x;
  barrier();  // an earlier call may still be reading
  partial_maxima[lane] = value;
  barrier();
  for (uint width = LANES / 2; width > 0; width /= 2) {
    if (lane < width) partial_maxima[lane] = max(partial_maxima[lane], partial_maxima[lane + width]);
    barrier();
  }
  return partial_maxima[0];
}
