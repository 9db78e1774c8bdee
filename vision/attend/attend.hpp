// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a model looks: the attention that InferenceOptions::attention asks for, and what
// Pending::attention() gives of it. Definitions and sources: docs/attention.md. Drawing is not
// here. Thread rule: plain values, pure functions.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vision/models/positions.hpp"
#include "vision/models/vit_config.hpp"

namespace fovea::vision {

/// `raw`: softmax(Q K^T / sqrt(D)) of chosen layers. `rollout`: the product over all layers of
/// 0.5 A + 0.5 I, A the mean over heads (Abnar and Zuidema 2020, arXiv:2005.00928). `masking`: how
/// much the class's score falls when the model does not see the patch; not by Inference but by
/// TokenMasking (vision/attend/masking.hpp).
enum class AttentionMethod : std::uint8_t { raw, rollout, masking };
/// As users write them, in the enumerators' order.
inline constexpr std::array<const char*, 3> kAttentionMethodNames{"raw", "rollout", "masking"};

/// `one` is AttentionRequest::head. Rollout has no choice: it is of the mean.
enum class AttentionHeads : std::uint8_t { mean, max, all, one };
inline constexpr std::array<const char*, 4> kAttentionHeadsNames{"mean", "max", "all", "one"};

/// Whose row of the matrix. `cls`: the class token's. `patch`: that of the token which
/// Pending::ask() names for each picture. `detections`: one for each detection token, in order.
enum class AttentionQuery : std::uint8_t { cls, patch, detections };

struct AttentionRequest {
  AttentionMethod method = AttentionMethod::raw;
  std::vector<int> layers{-1};  // raw; from 0, or from the last, -1, backwards
  AttentionHeads heads = AttentionHeads::mean;
  int head = 0;  // AttentionHeads::one
  AttentionQuery query = AttentionQuery::cls;

  friend bool operator==(const AttentionRequest&, const AttentionRequest&) = default;
};

/// Throws ConfigError when a model of `config` cannot answer: no such layer or head, no class
/// token or detection tokens, `max`, `all` or `one` of rollout, masking of a detector.
void check_attention(const AttentionRequest& request, const VitConfig& config);

/// The patches of a picture of `input_h` x `input_w` pixels, as the model sees it.
PatchGrid patch_grid(const VitConfig& config, int input_h, int input_w);
/// Tokens in front of the patches: detection tokens, CLS, DIST, registers, in that order.
int other_tokens(const VitConfig& config);

/// The rows asked for of one picture: weights [layers, heads, queries, others + patches], the
/// patches row by row from the upper left. Of `raw` but for `max`, and of `rollout`, each row
/// sums to 1. Of `masking` the other tokens have 0, and a patch may be below 0.
struct AttentionMaps {
  int layers = 1;   // as many as AttentionRequest::layers, in that order; of others 1
  int heads = 1;    // AttentionHeads::all: the model's; else 1
  int queries = 1;  // AttentionQuery::detections: the model's detection tokens; else 1
  int others = 0;   // other_tokens()
  PatchGrid grid;
  std::vector<float> weights;

  std::size_t tokens() const { return static_cast<std::size_t>(others + grid.count()); }
  /// [others + patches].
  std::span<const float> row(int layer, int head, int query) const;
  /// [grid.rows, grid.columns].
  std::span<const float> patches(int layer = 0, int head = 0, int query = 0) const {
    return row(layer, head, query).subspan(static_cast<std::size_t>(others));
  }
};

}  // namespace fovea::vision
