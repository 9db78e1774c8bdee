// SPDX-License-Identifier: Apache-2.0
#pragma once
// The linear product on matrix hardware, and the end of products whose depth was split. For the
// other files of linear only; ops::linear() and linear_planned() lead here.

#include <cstdint>

#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {

/// What every variant of linear is told.
struct LinearPush {
  std::uint32_t rows, columns, depth;
};

/// The operands of one product, checked. `residual` may be null.
struct LinearCall {
  const Tensor& x;
  const Linear& w;
  Activation activation = Activation::none;
  const Tensor* residual = nullptr;
  Shape shape;  // of the result

  std::int64_t rows() const { return x.shape().row_count(); }
  bool in_quads() const { return w.in_features % 4 == 0 && w.out_features % 4 == 0; }
};

/// The plan of a product by `variant`, coopmat or coopmat2: large tiles where they fill the
/// device, else small ones, else the depth is split as well.
LinearPlan plan_matrix(const Device& device, Variant variant, std::int64_t rows,
                       std::int64_t columns, std::int64_t depth);
/// Does the device have the lanes and the shared memory for square tiles of this size?
bool matrix_tile_fits(const Device& device, Variant variant, std::uint32_t tile);
/// Appends the product. Throws ShapeError when the weights lie otherwise than the variant reads.
Tensor matrix_product(ProgramBuilder& p, const LinearCall& call, const LinearPlan& plan);
/// Appends linear_reduce: adds the parts [S, M, N] of a product and what comes after it.
Tensor reduce_parts(ProgramBuilder& p, const LinearCall& call, const Tensor& parts,
                    const Tensor& bias);

}  // namespace fovea::compute::ops
