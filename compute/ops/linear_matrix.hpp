// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the files of linear share: the operands of a product, its dispatch, the split of its depth,
// and the product on matrix hardware. ops::linear() and linear_planned() lead here.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {

/// What every variant of linear is told.
struct LinearPush {
  std::uint32_t rows, columns, depth;
};

/// A LayerNorm that a product folds in, and the moments of its input.
struct FoldedNorm {
  const LayerNorm& norm;
  Tensor moments;
};

/// The operands of one product, checked. `residual` and `norm` may be null, and one of them is.
struct LinearCall {
  const Tensor& x;
  const Linear& w;
  Activation activation = Activation::none;
  const Tensor* residual = nullptr;
  Shape shape;  // of the result
  const FoldedNorm* norm = nullptr;

  std::int64_t rows() const { return x.shape().row_count(); }
  bool in_quads() const { return w.in_features % 4 == 0 && w.out_features % 4 == 0; }
};

/// The plan of a product by `variant`, one of multiplies_matrices(): large tiles where they fill
/// the device, else small ones, else the depth is split as well.
LinearPlan plan_matrix(const Device& device, Variant variant, std::int64_t rows,
                       std::int64_t columns, std::int64_t depth);
/// Does the device have the lanes and the shared memory for square tiles of this size?
bool matrix_tile_fits(const Device& device, Variant variant, std::uint32_t tile);
/// linear_planned(), and norm_linear_planned() where it is one step: `norm` is not null then.
Tensor append_linear(ProgramBuilder& p, const Tensor& x, const Linear& w, Activation activation,
                     const Tensor* residual, const FoldedNorm* norm, const LinearPlan& plan);

/// Into how many parts of at least four of its `steps` a product's depth is cut, where it has fewer
/// groups than the device has processors. No part is empty.
std::uint32_t split_depth(const Device& device, std::int64_t groups, std::int64_t steps);

/// "linear" or "linear_coopmat" with the ending of what this call needs of it.
std::string product_shader(std::string_view stem, const LinearCall& call, const LinearPlan& plan);

/// What a product reads beside its residual.
struct Operands {
  Tensor factor;        // x, or its quantised rows
  Tensor weight, bias;  // int8: the bias, then the scales
};
/// How a product is computed and cut up.
struct Product {
  const Kernel& kernel;
  const Operands& operands;
  std::array<std::uint32_t, 3> groups;
};
/// Appends the product: the result of the call, its companion where the plan leaves moments, or
/// the parts [S, M, N] and the step that joins them where the plan splits the depth.
Tensor append_product(ProgramBuilder& p, const LinearCall& call, const LinearPlan& plan,
                      const Product& product);

/// Appends the product by a plan of plan_matrix().
Tensor matrix_product(ProgramBuilder& p, const LinearCall& call, const LinearPlan& plan,
                      const Operands& operands);

}  // namespace fovea::compute::ops
