// SPDX-License-Identifier: Apache-2.0
#include "vision/byte_table.hpp"

#include <cstdint>
#include <span>

namespace fovea::vision {

compute::ops::Table upload_byte_values(compute::ConstantStore& store, const ByteValues& values) {
  const std::span<const float> all(values.front().data(), sizeof(ByteValues) / sizeof(float));
  return compute::ops::upload_table(
      store, "byte_values",
      {static_cast<std::int64_t>(values.size()), static_cast<std::int64_t>(values.front().size())},
      all);
}

}  // namespace fovea::vision
