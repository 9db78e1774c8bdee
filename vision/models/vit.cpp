// SPDX-License-Identifier: Apache-2.0
#include "vision/models/vit.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "compute/parallel.hpp"
#include "vision/models/vit_weights.hpp"

namespace fovea::vision {

namespace ops = compute::ops;
using compute::ProgramBuilder;
using compute::Shape;
using compute::Tensor;

namespace {

/// x [B, T, C] -> [B, Q, C]: the rows of the first Q tokens, `queries`; 0 means all. Every row
/// attends to all tokens, so a row is the same whether or not the others are computed.
Tensor vit_block(ProgramBuilder& p, const VitBlock& w, Tensor x, const VitConfig& config,
                 std::int64_t queries = 0) {
  Tensor y = ops::norm_linear(p, x, w.layernorm_before, w.attention_qkv);
  y = ops::attention(p, y, config.heads, w.attention_qkv.precision, queries);
  if (queries > 0) x = ops::first_tokens(p, x, queries);
  x = ops::linear_add(p, y, w.attention_output, x);

  y = ops::norm_linear(p, x, w.layernorm_after, w.intermediate, config.activation);
  return ops::linear_add(p, y, w.output, x);
}

/// How many of the last block's first rows the head reads; 0 means all.
std::int64_t rows_read(const VitConfig& config) {
  switch (config.pooling) {
    case Pooling::cls:
      return 1;
    case Pooling::cls_and_distilled:
      return 2;
    case Pooling::mean_patches:
      return 0;
  }
  return 0;
}

}  // namespace

VitModel::VitModel(compute::Device& device, compute::ConstantStore& store,
                   const Checkpoint& checkpoint, ops::Precision precision, int input_h, int input_w)
    : config_(checkpoint.config()), input_h_(input_h), input_w_(input_w) {
  const PatchGrid grid{input_h / config_.patch_h, input_w / config_.patch_w};
  if (grid.count() == 0) {
    throw ModelError(
        fmt::format("a picture of {}x{} pixels (height x width) holds no patch of {}x{}", input_h,
                    input_w, config_.patch_h, config_.patch_w),
        checkpoint.folder().string(), "correct the sizes in preprocessor_config.json");
  }
  const VitWeights weights(device, store, checkpoint, precision);
  patch_projection_ = weights.patch_projection();
  special_tokens_ = weights.special_tokens();
  positions_ = weights.positions(grid);
  layers_.resize(static_cast<std::size_t>(config_.layers));
  compute::parallel_for(layers_.size(),
                        [&](std::size_t i) { layers_[i] = weights.block(static_cast<int>(i)); });
  final_norm_ = weights.final_norm();
  if (config_.pooling == Pooling::cls_and_distilled) {
    classifier_ = weights.classifier("cls_classifier");
    distillation_classifier_ = weights.classifier("distillation_classifier");
  } else {
    classifier_ = weights.classifier("classifier");
  }
}

void VitModel::check(const VitInput& pictures) const {
  const auto* pixels = std::get_if<ops::Pixels>(&pictures);
  const Shape& given = pixels ? pixels->bytes.shape() : std::get<Tensor>(pictures).shape();
  const std::int64_t batch = given.rank() == 4 ? given[0] : 0;
  const Shape wanted =
      pixels ? Shape{batch, input_h_, input_w_, 3} : Shape{batch, 3, input_h_, input_w_};
  if (given == wanted) return;
  throw ShapeError(
      fmt::format("the pictures are {}", to_string(given)), "VitModel::forward",
      fmt::format("give it [B, 3, {0}, {1}] or pixels [B, {0}, {1}, 3]", input_h_, input_w_));
}

Tensor VitModel::forward(ProgramBuilder& p, const VitInput& pictures, VitTaps taps) const {
  check(pictures);
  Tensor x = embeddings(p, pictures);
  if (taps == VitTaps::blocks) p.output("embeddings", x);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    {
      const auto scope = p.scope(fmt::format("encoder.layer.{}", i));
      const bool only_read_rows = i + 1 == layers_.size() && taps == VitTaps::none;
      x = vit_block(p, layers_[i], x, config_, only_read_rows ? rows_read(config_) : 0);
    }
    if (taps == VitTaps::blocks) p.output(fmt::format("block.{}", i), x);
  }
  return head(p, x);
}

/// pictures -> [B, T, C]: patches projected, special tokens in front, positions added.
Tensor VitModel::embeddings(ProgramBuilder& p, const VitInput& pictures) const {
  const auto scope = p.scope("embeddings");
  Tensor x = std::visit(
      [&](const auto& seen) { return ops::patches(p, seen, config_.patch_h, config_.patch_w); },
      pictures);
  x = ops::linear(p, x, patch_projection_);
  return ops::tokens(p, x, special_tokens_, positions_);
}

/// x [B, T, C] -> logits [B, classes]. LayerNorm works row by row, so normalising only the rows
/// that the head reads gives the same numbers as normalising all of them first.
Tensor VitModel::head(ProgramBuilder& p, const Tensor& x) const {
  const auto read_token = [&](std::int64_t token, const ops::Linear& classifier) {
    Tensor y = ops::select_token(p, x, token);
    y = ops::layer_norm(p, y, final_norm_);
    return ops::linear(p, y, classifier);
  };
  switch (config_.pooling) {
    case Pooling::cls:
      return read_token(0, classifier_);
    case Pooling::cls_and_distilled: {
      const Tensor taught_by_labels = read_token(0, classifier_);
      const Tensor taught_by_teacher = read_token(1, *distillation_classifier_);
      return ops::average(p, taught_by_labels, taught_by_teacher);
    }
    case Pooling::mean_patches:
      break;
  }
  const std::int64_t first_patch = config_.prefix_tokens();
  Tensor y = x;
  if (config_.final_norm_after_pool) {
    y = ops::mean_tokens(p, y, first_patch);
    y = ops::layer_norm(p, y, final_norm_);
  } else {
    y = ops::layer_norm(p, y, final_norm_);
    y = ops::mean_tokens(p, y, first_patch);
  }
  return ops::linear(p, y, classifier_);
}

}  // namespace fovea::vision
