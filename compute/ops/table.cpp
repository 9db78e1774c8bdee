// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {

Table upload_table(ConstantStore& store, std::string name, const Shape& shape,
                   std::span<const float> values) {
  if (values.empty() || static_cast<std::size_t>(shape.element_count()) != values.size()) {
    reject("table", fmt::format("{} values do not fill {}", values.size(), to_string(shape)), name,
           "pass one value per element of the shape");
  }
  const BufferSlice bytes = store.add(name, std::as_bytes(values));
  return {std::move(name), shape, bytes};
}

}  // namespace fovea::compute::ops
