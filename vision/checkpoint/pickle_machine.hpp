// SPDX-License-Identifier: Apache-2.0
#pragma once
// A pickle interpreter that can only describe tensors. It knows the globals that a saved
// state_dict uses, by name; any other is refused, by name. There is no code path
// that calls, imports or constructs anything else.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::vision {

/// A tensor as the pickle describes it: torch._utils._rebuild_tensor_v2's arguments.
struct PickledTensor {
  std::string name;
  std::string storage_type;           // "FloatStorage"
  std::string storage_key;            // the file "data/<key>" of the archive
  std::int64_t storage_elements = 0;  // as the pickle says
  std::int64_t offset = 0;            // in elements
  std::vector<std::int64_t> shape, strides;
};

/// Runs a pickle of protocol 2 to 5 whose value is a dictionary from names to tensors.
/// Throws ModelError naming the opcode or global that is not allowed, or what is malformed.
std::vector<PickledTensor> read_pickled_tensors(std::span<const std::byte> pickle,
                                                const std::string& where);

}  // namespace fovea::vision
