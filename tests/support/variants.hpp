// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which families of kernels the open device can run, for tests that force one.

#include <cstddef>
#include <string>

#include "compute/device.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::test {

inline bool supports(const compute::Device& device, compute::ops::Variant variant) {
  return can_run(device, variant);
}

inline std::string name(compute::ops::Variant variant) { return std::string(to_string(variant)); }

/// In a test's name.
inline std::string name(compute::ops::Reads reads) {
  constexpr const char* kNames[] = {"bound", "addressed", "texels"};
  return kNames[static_cast<std::size_t>(reads)];
}

}  // namespace fovea::test
