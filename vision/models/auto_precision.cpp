// SPDX-License-Identifier: Apache-2.0
#include "vision/models/auto_precision.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "compute/ops/half.hpp"
#include "compute/ops/storage.hpp"
#include "compute/parallel.hpp"
#include "vision/checkpoint/stored_tensor.hpp"
#include "vision/checkpoint/weight_files.hpp"

namespace fovea::vision {

using compute::ops::Precision;

namespace {

/// The factors of the model's products.
std::vector<const StoredTensor*> matrices_of(const WeightFiles& weights) {
  std::vector<const StoredTensor*> matrices;
  for (const StoredTensor& tensor : weights.tensors) {
    if (tensor.name.ends_with(".weight") && tensor.shape.size() >= 2) matrices.push_back(&tensor);
  }
  return matrices;
}

bool all_fit_fp16(const std::vector<const StoredTensor*>& matrices) {
  std::atomic<bool> fit{true};
  // Weights trained in fp32 show it in the first matrix; only files that fit are read whole.
  compute::parallel_for(matrices.size(), [&](std::size_t i) {
    if (fit && !fits_fp16(*matrices[i])) fit = false;
  });
  return fit;
}

}  // namespace

bool fits_fp16(const StoredTensor& matrix) {
  if (matrix.type == StoredType::f16) return true;
  double moved = 0, size = 0;
  for (const float weight : widen(matrix, {})) {
    // Also false for what is not a number.
    if (!(std::fabs(weight) <= compute::ops::kLargestHalf)) return false;
    moved += std::fabs(static_cast<double>(weight) - half_to_float(compute::ops::to_half(weight)));
    size += std::fabs(static_cast<double>(weight));
  }
  return moved <= size * 0x1p-24;
}

PrecisionChoice auto_precision(const Checkpoint& checkpoint, bool fp16_is_true, bool int8_is_true) {
  const std::vector<const StoredTensor*> matrices = matrices_of(checkpoint.weights());
  const bool bytes = std::any_of(matrices.begin(), matrices.end(), [](const StoredTensor* matrix) {
    return matrix->type == StoredType::i8;
  });
  if (bytes && !int8_is_true) {
    return {Precision::fp32, "this device's int8 rounds activations too; ask for it by name"};
  }
  if (bytes) return {Precision::int8, "the file's large matrices are bytes"};
  if (checkpoint.config().layer_scale) {
    return {Precision::fp32, "LayerScale, folded into the weights, does not fit fp16"};
  }
  if (!all_fit_fp16(matrices)) return {Precision::fp32, "the file's weights do not fit fp16"};
  if (!fp16_is_true) {
    return {Precision::fp32, "this device's fp16 may round activations too; ask for it by name"};
  }
  return {Precision::fp16, "the file's weights fit fp16, so answers are those of fp32"};
}

PrecisionChoice choose_precision(std::optional<Precision> asked, const compute::Device& device,
                                 const Checkpoint& checkpoint) {
  if (asked) return {*asked, {}};
  return auto_precision(checkpoint, compute::ops::loses_only_storage(device, Precision::fp16),
                        compute::ops::loses_only_storage(device, Precision::int8));
}

}  // namespace fovea::vision
