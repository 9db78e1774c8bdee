// SPDX-License-Identifier: Apache-2.0
#pragma once
// A tensor as a weight file stores it: a name, a type, a shape and where its bytes lie.
// Made by safetensors.cpp and pytorch_bin.cpp; widened to f32 on demand.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::vision {

enum class StoredType : std::uint8_t { f32, f16, bf16, i8, other };

struct StoredTensor {
  std::string name;  // as the file spells it
  StoredType type = StoredType::other;
  std::string type_name;              // as the file spells it: "F32", "I64", "torch.HalfStorage"
  std::vector<std::int64_t> shape;    // row-major
  std::vector<std::int64_t> strides;  // in elements; empty when dense
  const std::byte* data = nullptr;    // the first element, unaligned
  std::size_t element_bytes = 0;
  const std::byte* scales = nullptr;  // i8: an f32 for each row of the first axis, unaligned

  std::int64_t element_count() const noexcept;
  /// With the scales.
  std::uint64_t byte_count() const noexcept {
    const auto rows = type == StoredType::i8 ? static_cast<std::uint64_t>(shape[0]) : 0;
    return static_cast<std::uint64_t>(element_count()) * element_bytes + rows * sizeof(float);
  }
};

/// As safetensors spells it: "F32". Requires: not StoredType::other.
std::string type_name(StoredType type);

/// "[192, 3, 16, 16]"
std::string shape_text(const std::vector<std::int64_t>& shape);

/// shape's product into `count`; false when an axis is negative or the product passes 2^62.
bool checked_element_count(const std::vector<std::int64_t>& shape, std::int64_t& count);

/// Rows [first, first + count) of the first axis, sharing the bytes.
/// Requires: rank >= 1 and the rows exist.
StoredTensor rows_of(const StoredTensor& tensor, std::int64_t first, std::int64_t count);

/// Every element widened to f32, dense and row-major.
/// Throws ModelError when the stored type is not F32, F16, BF16 or I8 with scales. `where` names
/// the file.
std::vector<float> widen(const StoredTensor& tensor, const std::string& where);

float half_to_float(std::uint16_t bits) noexcept;
float bfloat16_to_float(std::uint16_t bits) noexcept;

}  // namespace fovea::vision
