// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which families of kernels the open device can run, for tests that force one.

#include <string>

#include "compute/device.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::test {

inline bool supports(const compute::Device& device, compute::ops::Variant variant) {
  const compute::DeviceLimits& limits = device.limits();
  return variant == compute::ops::Variant::portable ||
         (limits.subgroup_shuffle && limits.subgroup_size >= 4 && limits.subgroup_size <= 32);
}

inline std::string name(compute::ops::Variant variant) {
  return variant == compute::ops::Variant::subgroup ? "subgroup" : "portable";
}

}  // namespace fovea::test
