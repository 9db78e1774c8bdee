// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every spelling of a ViT's tensors, translated to the canonical one
// (checkpoint.hpp), and the table of tensors that a config calls for.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vision/checkpoint/weight_files.hpp"
#include "vision/models/vit_config.hpp"

namespace fovea::vision {

struct NamedTensor {
  std::string canonical;
  StoredTensor tensor;
};

struct ExpectedTensor {
  std::string canonical;
  std::vector<std::int64_t> shape;
};

/// transformers' v4 and v5 spellings, with or without the base prefix, LayerNorm.gamma/beta.
/// Empty for a tensor that no forward pass of ours reads (position_ids, pooler, mask_token).
/// A name that is none of these comes back as it is.
std::optional<std::string> canonical_from_transformers(std::string_view stored);

/// timm's spelling; attn.qkv is left to canonical_tensors(), which splits it. `distilled`
/// tells whether `head` reads the class token of two.
std::string canonical_from_timm(std::string_view stored, bool distilled);

/// The way back, of a model with one head and without attention.
std::string timm_from_canonical(std::string_view canonical);

/// The stored tensors under their canonical names; timm's fused qkv as three.
std::vector<NamedTensor> canonical_tensors(const WeightFiles& weights, const VitConfig& config);

/// What the forward pass of `config` reads, in the order of the model.
std::vector<ExpectedTensor> expected_tensors(const VitConfig& config);

}  // namespace fovea::vision
