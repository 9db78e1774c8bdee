// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a block of device memory means: element type and shape. No memory, no Vulkan.
//
// Layout is always dense and row-major: the last axis is contiguous. Comments
// name axes with the letters of docs/architecture.md ("dimension alphabet"):
//   B batch   T tokens   C channels   H heads   D channels per head
//   M,N,K rows, columns and depth of a matrix product

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace fovea::compute {

enum class DType : std::uint8_t { f32, f16, i32, i8, u8 };

constexpr std::size_t size_bytes(DType dtype) noexcept {
  switch (dtype) {
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f16:
      return 2;
    case DType::i8:
    case DType::u8:
      return 1;
  }
  return 0;
}

/// Up to five axes, each >= 1. A default Shape is a scalar (rank 0, one element).
class Shape {
 public:
  static constexpr int kMaxRank = 5;

  constexpr Shape() = default;
  constexpr Shape(std::initializer_list<std::int64_t> axes) {
    assert(axes.size() <= kMaxRank);
    for (std::int64_t axis : axes) axes_[static_cast<std::size_t>(rank_++)] = axis;
  }

  constexpr int rank() const noexcept { return rank_; }
  /// Negative axes count from the end: shape[-1] is the contiguous axis.
  constexpr std::int64_t operator[](int axis) const {
    const int index = axis < 0 ? rank_ + axis : axis;
    assert(index >= 0 && index < rank_);
    return axes_[static_cast<std::size_t>(index)];
  }
  /// The product of all axes but the last: [2, 197, 192] has 394 rows. A scalar has one.
  constexpr std::int64_t row_count() const noexcept {
    std::int64_t count = 1;
    for (int i = 0; i + 1 < rank_; ++i) count *= axes_[static_cast<std::size_t>(i)];
    return count;
  }
  constexpr std::int64_t element_count() const noexcept {
    std::int64_t count = 1;
    for (int i = 0; i < rank_; ++i) count *= axes_[static_cast<std::size_t>(i)];
    return count;
  }
  friend constexpr bool operator==(const Shape&, const Shape&) = default;

 private:
  std::array<std::int64_t, kMaxRank> axes_{};
  int rank_ = 0;
};

std::string to_string(const Shape& shape);  // "[1, 197, 192]"
std::string to_string(DType dtype);         // "f32"

struct TensorSpec {
  Shape shape;
  DType dtype = DType::f32;

  constexpr std::size_t size_bytes() const {
    return static_cast<std::size_t>(shape.element_count()) * compute::size_bytes(dtype);
  }
  friend constexpr bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

/// A value inside one Program: a name for "the result of that step".
/// Cheap to copy; owns nothing; meaningless outside the ProgramBuilder that made it.
/// Every Tensor is written by exactly one step, so data flows one way here too.
struct Tensor {
  TensorSpec spec;
  std::uint32_t id = 0;

  const Shape& shape() const noexcept { return spec.shape; }
  DType dtype() const noexcept { return spec.dtype; }
};

}  // namespace fovea::compute
