// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/int8_scales.hpp"

#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::vision {

void attach_scales(WeightFiles& weights) {
  std::map<std::string, const StoredTensor*> by_name;
  for (const StoredTensor& tensor : weights.tensors) by_name.emplace(tensor.name, &tensor);
  std::set<std::string> joined;
  for (StoredTensor& tensor : weights.tensors) {
    if (tensor.type_name != "I8" || tensor.shape.empty()) continue;
    const auto found = by_name.find(tensor.name + "_scale");
    if (found == by_name.end()) continue;
    const StoredTensor& scale = *found->second;
    if (scale.type != StoredType::f32 || scale.shape.empty() || scale.shape[0] != tensor.shape[0] ||
        scale.element_count() != tensor.shape[0]) {
      throw ModelError(
          fmt::format("tensor '{}' is {} {}, expected one F32 for each of the {} rows of '{}'",
                      scale.name, scale.type_name, shape_text(scale.shape), tensor.shape[0],
                      tensor.name),
          weights.path.string(), "quantise the model again: fovea models quantize");
    }
    tensor.type = StoredType::i8;
    tensor.scales = scale.data;
    joined.insert(scale.name);
  }
  std::erase_if(weights.tensors,
                [&](const StoredTensor& tensor) { return joined.contains(tensor.name); });
}

}  // namespace fovea::vision
