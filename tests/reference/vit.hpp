// SPDX-License-Identifier: Apache-2.0
#pragma once
// The whole model in plain loops over doubles, on the CPU: the slow twin of vision/models/.
// Shares nothing with compute/; patches are cut by OpenCV.

#include <span>
#include <vector>

#include "vision/checkpoint/checkpoint.hpp"

namespace fovea::reference {

/// A matrix of doubles, row-major.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;

  Matrix(std::size_t row_count, std::size_t column_count)
      : rows(row_count), columns(column_count), values(row_count * column_count) {}
  double& at(std::size_t r, std::size_t c) { return values[r * columns + c]; }
  double at(std::size_t r, std::size_t c) const { return values[r * columns + c]; }
  std::span<const double> row(std::size_t r) const {
    return std::span(values).subspan(r * columns, columns);
  }
};

/// What one picture leaves behind on its way, each [T, C] but the last, which is what the model's
/// forward() gives for it.
struct VitTrace {
  Matrix embeddings{0, 0};
  std::vector<Matrix> blocks;
  std::vector<double> logits;
};

/// How weight matrices are rounded before use; vectors and tables never are.
enum class WeightStorage { exact, f16, int8 };

/// image [3, input_h, input_w]. With f16 and int8 LayerScale is folded into the matrix before
/// rounding, as Fovea does; with `exact` it is applied to the product. int8 has one scale per
/// output and is for the matrices of the encoder's layers; the others stay exact.
/// `masked`: patches, row by row, whose rows are taken out behind the embeddings.
VitTrace run_vit(const vision::Checkpoint& checkpoint, std::span<const float> image, int input_h,
                 int input_w, WeightStorage storage = WeightStorage::exact,
                 std::span<const int> masked = {});

}  // namespace fovea::reference
