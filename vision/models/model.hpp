// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every model is to vision/inference.cpp: weights on the device, and a forward pass to
// append. Thread rule: immutable after construction; any thread may call.

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "compute/buffer.hpp"
#include "compute/ops/transformer.hpp"
#include "compute/program.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/input_size.hpp"
#include "vision/models/vit_config.hpp"

namespace fovea::vision {

/// What forward() leaves readable besides its result.
enum class VitTaps {
  none,    // and of the last block, only the rows that the head reads are computed
  blocks,  // outputs "embeddings" and "block.<i>", each [B, T, C]: to find where two runs part
};

/// What else a forward pass takes and leaves, for vision/attend/.
struct VitExtras {
  /// Gets the queries, keys and values of every block, [B, T, 3C].
  std::vector<compute::Tensor>* qkv = nullptr;
  /// i32 [M, K], the rows of the embeddings (counted through the batch) that make M sequences of K
  /// tokens, special tokens first: the model goes on with them alone. Not for positions after
  /// blocks, which are of all tokens.
  const compute::Tensor* kept = nullptr;
};

/// What a model looks at: f32 [B, 3, H, W] as the processor's last step gives it, or pixels
/// that the device takes through that step.
using VitInput = std::variant<compute::Tensor, compute::ops::Pixels>;

/// Position embeddings on the device, for pictures of one size.
struct Positions {
  InputSize size;
  compute::ops::Table embeddings;                 // [T, C]
  std::vector<compute::ops::Table> after_blocks;  // of blocks 0, 1 ...; empty where there are none
};

class Model {
 public:
  virtual ~Model() = default;

  virtual const VitConfig& config() const noexcept = 0;
  /// Numbers in the answer for one picture.
  virtual std::int64_t answer_length() const noexcept = 0;
  /// For pictures of `size`; resampled where its patch grid is not the checkpoint's. `store`
  /// outlives every Program built with them.
  /// Throws ModelError when the picture is smaller than a patch.
  virtual Positions positions(compute::ConstantStore& store, InputSize size) const = 0;
  /// Appends the model: pictures -> [B, ...], answer_length() numbers for each. Same arguments,
  /// same steps. Throws ShapeError when the pictures are not of the size of `positions`.
  virtual compute::Tensor forward(compute::ProgramBuilder& p, const VitInput& pictures,
                                  const Positions& positions, VitTaps taps = VitTaps::none,
                                  const VitExtras& extras = {}) const = 0;
};

/// The model that the checkpoint is of. Uploads its weights; the checkpoint is not needed
/// afterwards. Requires: `device` and `store` outlive every Program built from the model.
std::unique_ptr<Model> make_model(compute::Device& device, compute::ConstantStore& store,
                                  const Checkpoint& checkpoint, compute::ops::Precision precision);

}  // namespace fovea::vision
