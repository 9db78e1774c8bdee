// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/stored_tensor.hpp"

#include <bit>
#include <cassert>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compute/error.hpp"

namespace fovea::vision {
namespace {

static_assert(std::endian::native == std::endian::little, "weight files are little-endian");

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

float element(StoredType type, const std::byte* at) {
  switch (type) {
    case StoredType::f32:
      return load<float>(at);
    case StoredType::f16:
      return half_to_float(load<std::uint16_t>(at));
    default:
      return bfloat16_to_float(load<std::uint16_t>(at));
  }
}

void widen_dense(const StoredTensor& tensor, std::vector<float>& out) {
  if (tensor.type == StoredType::f32) {
    if (!out.empty()) std::memcpy(out.data(), tensor.data, out.size() * sizeof(float));
    return;
  }
  const std::byte* at = tensor.data;
  for (float& value : out) {
    value = element(tensor.type, at);
    at += tensor.element_bytes;
  }
}

void widen_i8(const StoredTensor& tensor, std::vector<float>& out) {
  const std::size_t columns = out.size() / static_cast<std::size_t>(tensor.shape[0]);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto scale = load<float>(tensor.scales + i / columns * sizeof(float));
    out[i] = static_cast<float>(static_cast<std::int8_t>(tensor.data[i])) * scale;
  }
}

void widen_strided(const StoredTensor& tensor, std::vector<float>& out) {
  std::vector<std::int64_t> index(tensor.shape.size(), 0);
  std::int64_t offset = 0;
  for (float& value : out) {
    value = element(tensor.type,
                    tensor.data + offset * static_cast<std::int64_t>(tensor.element_bytes));
    for (std::size_t axis = index.size(); axis-- > 0;) {
      offset += tensor.strides[axis];
      if (++index[axis] < tensor.shape[axis]) break;
      offset -= tensor.strides[axis] * tensor.shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace

std::int64_t StoredTensor::element_count() const noexcept {
  std::int64_t count = 1;
  for (const std::int64_t axis : shape) count *= axis;
  return count;
}

std::string type_name(StoredType type) {
  switch (type) {
    case StoredType::f32:
      return "F32";
    case StoredType::f16:
      return "F16";
    case StoredType::bf16:
      return "BF16";
    case StoredType::i8:
      return "I8";
    case StoredType::other:
      break;
  }
  assert(false);
  return {};
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

bool checked_element_count(const std::vector<std::int64_t>& shape, std::int64_t& count) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 62;
  bool empty = false;
  count = 1;
  for (const std::int64_t axis : shape) {
    if (axis < 0) return false;
    if (axis == 0) {
      empty = true;
      continue;
    }
    if (count > kLimit / axis) return false;
    count *= axis;
  }
  if (empty) count = 0;
  return true;
}

StoredTensor rows_of(const StoredTensor& tensor, std::int64_t first, std::int64_t count) {
  assert(!tensor.shape.empty() && first >= 0 && count >= 0 && first + count <= tensor.shape[0]);
  StoredTensor part = tensor;
  std::int64_t row = 1;
  if (tensor.strides.empty()) {
    for (std::size_t axis = 1; axis < tensor.shape.size(); ++axis) row *= tensor.shape[axis];
  } else {
    row = tensor.strides[0];
  }
  part.data += first * row * static_cast<std::int64_t>(tensor.element_bytes);
  if (tensor.scales != nullptr) part.scales += first * static_cast<std::int64_t>(sizeof(float));
  part.shape[0] = count;
  return part;
}

std::vector<float> widen(const StoredTensor& tensor, const std::string& where) {
  if (tensor.type == StoredType::other) {
    throw ModelError(fmt::format("tensor '{}' is stored as {}, expected F32, F16 or BF16",
                                 tensor.name, tensor.type_name),
                     where, "save the model in float32, float16 or bfloat16");
  }
  std::vector<float> out(static_cast<std::size_t>(tensor.element_count()));
  if (tensor.type == StoredType::i8) {
    if (!out.empty()) widen_i8(tensor, out);
  } else if (tensor.strides.empty()) {
    widen_dense(tensor, out);
  } else {
    widen_strided(tensor, out);
  }
  return out;
}

float half_to_float(std::uint16_t bits) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t rest = bits & 0x7fffu;
  if (rest >= 0x7c00u) {  // infinity or NaN, whose payload is kept
    return std::bit_cast<float>(sign | 0x7f800000u | ((rest & 0x3ffu) << 13));
  }
  if (rest >= 0x400u) return std::bit_cast<float>(sign | ((rest << 13) + (112u << 23)));
  const float magnitude = static_cast<float>(rest) * 0x1p-24f;  // zero or subnormal, exact
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

float bfloat16_to_float(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace fovea::vision
