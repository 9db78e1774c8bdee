// SPDX-License-Identifier: Apache-2.0
#pragma once
// The vision transformer (Dosovitskiy et al. 2021, arXiv:2010.11929; DeiT: Touvron et al.
// 2021, arXiv:2012.12877), named as transformers' checkpoints name it.
// Thread rule: immutable after construction; forward() may be called from any thread.

#include <optional>
#include <variant>
#include <vector>

#include "compute/buffer.hpp"
#include "compute/ops/transformer.hpp"
#include "compute/program.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/models/vit_config.hpp"

namespace fovea::vision {

/// One encoder layer's weights on the device.
struct VitBlock {
  compute::ops::LayerNorm layernorm_before, layernorm_after;
  compute::ops::Linear attention_qkv;  // query, key and value rows, one below the other
  compute::ops::Linear attention_output, intermediate, output;
};

/// What forward() leaves readable besides its result.
enum class VitTaps {
  none,    // and of the last block, only the rows that the head reads are computed
  blocks,  // outputs "embeddings" and "block.<i>", each [B, T, C]: to find where two runs part
};

/// What a model looks at: f32 [B, 3, H, W] as the processor's last step gives it, or pixels
/// that the device takes through that step.
using VitInput = std::variant<compute::Tensor, compute::ops::Pixels>;

class VitModel {
 public:
  /// Uploads the weights. `input_h` x `input_w` (pixels) is what the processor delivers; where
  /// its patch grid is not the checkpoint's, position embeddings are resampled to it.
  /// Requires: `device` and `store` outlive every Program built from this model.
  /// Throws ModelError when the picture is smaller than a patch.
  VitModel(compute::Device& device, compute::ConstantStore& store, const Checkpoint& checkpoint,
           compute::ops::Precision precision, int input_h, int input_w);

  /// Appends the model: pictures -> logits [B, classes]. Same arguments, same steps.
  /// Throws ShapeError when the pictures are not of the size the model was made for.
  compute::Tensor forward(compute::ProgramBuilder& p, const VitInput& pictures,
                          VitTaps taps = VitTaps::none) const;

  const VitConfig& config() const noexcept { return config_; }
  int input_h() const noexcept { return input_h_; }
  int input_w() const noexcept { return input_w_; }

 private:
  void check(const VitInput& pictures) const;
  compute::Tensor embeddings(compute::ProgramBuilder& p, const VitInput& pictures) const;
  compute::Tensor head(compute::ProgramBuilder& p, const compute::Tensor& x) const;

  VitConfig config_;
  int input_h_ = 0, input_w_ = 0;
  compute::ops::Linear patch_projection_;
  compute::ops::Table special_tokens_, positions_;
  std::vector<VitBlock> layers_;
  compute::ops::LayerNorm final_norm_;
  compute::ops::Linear classifier_;
  std::optional<compute::ops::Linear> distillation_classifier_;
};

}  // namespace fovea::vision
