// SPDX-License-Identifier: Apache-2.0
// float workgroup_sum(float value): the sum over the workgroup, returned to every lane.
//
// Include it after declaring LANES, the workgroup's size. (gl_WorkGroupSize will not do: glslc
// folds LANES / 2 with the size before specialisation.)
//
// SUBGROUP   the workgroup is exactly one subgroup: no barrier, no shared memory
// otherwise  any power-of-two workgroup up to 256 lanes, through shared memory
#ifdef SUBGROUP
#extension GL_KHR_shader_subgroup_arithmetic : require

float workgroup_sum(float value) { return subgroupAdd(value); }

#else

shared float partial_sums[256];

float workgroup_sum(float value) {
  const uint lane = gl_LocalInvocationID.x;
  barrier();  // an earlier call may still be reading
  partial_sums[lane] = value;
  barrier();
  for (uint width = LANES / 2; width > 0; width /= 2) {
    if (lane < width) partial_sums[lane] += partial_sums[lane + width];
    barrier();
  }
  return partial_sums[0];
}

#endif
