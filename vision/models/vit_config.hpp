// SPDX-License-Identifier: Apache-2.0
#pragma once
// Everything the ViT family needs to know of a checkpoint, whatever its file layout.
// Written by vision/checkpoint/, read by vision/models/.

#include <string>
#include <vector>

#include "compute/ops/transformer.hpp"

namespace fovea::vision {

/// Which part of the final sequence the head reads.
enum class Pooling : int {
  cls,                // classifier(LN(x)[:, 0])
  cls_and_distilled,  // (cls_classifier(x0) + distillation_classifier(x1)) / 2
  mean_patches,       // timm global_pool=avg: head(fc_norm(mean of patch tokens))
  detections,         // YOLOS: a class and a box for each detection token
};

/// How stored position embeddings are resampled to another grid.
enum class PositionResampling : int {
  bicubic,            // torch, a = -0.75, no antialias (transformers' ViT, DeiT)
  bicubic_antialias,  // torch antialias=True, a = -0.5, widened kernel (timm)
};

struct VitConfig {
  std::string family;        // "vit", "deit", "yolos", "timm", "gfnet": which layout the files use
  std::string architecture;  // "ViTForImageClassification", "vit_tiny_patch16_224": for people

  int hidden_size = 768, layers = 12, heads = 12, mlp_size = 3072;
  int image_h = 224, image_w = 224, patch_h = 16, patch_w = 16;
  int channels = 3;
  bool qkv_bias = true;
  float layer_norm_epsilon = 1e-12f;
  compute::ops::Activation activation = compute::ops::Activation::gelu;

  bool global_filters = false;  // GFNet: these in place of attention, one residual a block
  bool class_token = true;
  bool distillation_token = false;     // second token, order [CLS, DIST, patches]
  int register_tokens = 0;             // after CLS/DIST
  int detection_tokens = 0;            // YOLOS: behind the patches in the file's positions
  bool mid_positions = false;          // YOLOS: positions added after each block but the last too
  bool positions_cover_prefix = true;  // false: timm no_embed_class, positions on patches only
  bool layer_scale = false;
  bool final_norm_after_pool = false;  // timm fc_norm
  PositionResampling position_resampling = PositionResampling::bicubic;
  Pooling pooling = Pooling::cls;

  std::vector<std::string> labels;  // by class id; its size is the number of classes

  /// Are its tensors spelled as timm spells them?
  bool has_timm_names() const { return family == "timm" || family == "gfnet"; }
  /// Does it answer with objects, and take pictures of any shape? Else it is a classifier.
  bool is_detector() const { return pooling == Pooling::detections; }
  int head_dim() const { return hidden_size / heads; }
  int grid_h() const { return image_h / patch_h; }
  int grid_w() const { return image_w / patch_w; }
  int patch_count() const { return grid_h() * grid_w(); }
  int prefix_tokens() const {
    return (class_token ? 1 : 0) + (distillation_token ? 1 : 0) + register_tokens;
  }
  int tokens() const { return prefix_tokens() + patch_count() + detection_tokens; }
};

}  // namespace fovea::vision
