// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a saved state_dict says of its tensors: names, storages, shapes and strides.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fovea::vision {

/// torch._utils._rebuild_tensor_v2's arguments under the tensor's name. Nothing is checked
/// against the storage yet.
struct PickledTensor {
  std::string name;
  std::string storage_type;           // "FloatStorage"
  std::string storage_key;            // the file "data/<key>" of the archive
  std::int64_t storage_elements = 0;  // as the pickle says
  std::int64_t offset = 0;            // in elements
  std::vector<std::int64_t> shape, strides;
};

/// Of a dictionary that holds another under "model", the inner one; what stands beside it is not
/// looked at. Throws ModelError when that is no dictionary from names to tensors, or asks for
/// anything else (pickle_machine.hpp).
std::vector<PickledTensor> read_pickled_tensors(std::span<const std::byte> pickle,
                                                const std::string& where);

}  // namespace fovea::vision
