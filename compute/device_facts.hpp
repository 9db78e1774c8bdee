// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a device's kernels are chosen by, as lines for people: what `fovea doctor` prints.

#include <string>
#include <string_view>
#include <vector>

namespace fovea::compute {

class Device;

/// One fact: a name for programs ("integer_dots") and what is so ("by an instruction").
struct DeviceFact {
  std::string_view name;
  std::string value;
};

/// Subgroup, processors, shared memory, 64-bit addresses, texels, sums of products of bytes, and
/// every shape and type of cooperative matrix the driver lists; "none" where there are none.
std::vector<DeviceFact> device_facts(Device& device);

}  // namespace fovea::compute
