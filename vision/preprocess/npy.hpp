// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tensors of f32 to and from NumPy's .npy files, for looking at them and comparing them.

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace fovea::vision {

struct NpyArray {
  std::vector<std::size_t> shape;
  std::vector<float> values;  // row-major
};

/// Writes `values` as a version 1.0 .npy file of little-endian f32, row-major.
/// The file appears whole or not at all. Throws ConfigError when it cannot be written.
/// Requires: the product of `shape` is values.size().
void write_npy(const std::filesystem::path& path, std::span<const float> values,
               std::span<const std::size_t> shape);

/// Reads a .npy file of little-endian f32 or u8 (bytes become 0 .. 255), row-major.
/// Throws ConfigError when the file is missing, cut short, or holds anything else.
NpyArray read_npy(const std::filesystem::path& path);

struct NpyDifference {
  std::size_t differing = 0;  // values whose bits differ
  double max_abs = 0.0;       // infinite where only one of the two is not a number
  std::size_t at = 0;         // index of the largest difference
};

/// Value by value, bit by bit. Throws ConfigError when the shapes differ.
NpyDifference compare(const NpyArray& a, const NpyArray& b);

}  // namespace fovea::vision
