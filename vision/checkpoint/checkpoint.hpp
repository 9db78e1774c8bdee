// SPDX-License-Identifier: Apache-2.0
#pragma once
// A model folder as it lies on the hub: config.json, preprocessor_config.json and
// weights (safetensors, sharded or not, or pytorch_model.bin), opened read-only; or a GFNet as
// its authors publish it, a .pth alone.
// Thread rule: immutable after open(); any thread may read.

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vision/models/vit_config.hpp"
#include "vision/preprocess/spec.hpp"

namespace fovea::vision {

struct WeightFiles;  // vision/checkpoint/weight_files.hpp

struct CheckpointSummary {
  std::string weights_file;  // "model.safetensors", "pytorch_model.bin", "... (3 shards)"
  std::string stored_dtype;  // "F16", "F32", "BF16", "mixed"; "I8" where layers are int8
  std::uint64_t parameters = 0;
  std::uint64_t weight_bytes = 0;
  std::string license;  // from the model card's front matter; empty if not stated
};

class Checkpoint {
 public:
  /// Opens `folder`, checks every tensor's name and shape against its config.
  /// Throws ModelError naming each unknown, missing or misshapen tensor and the file.
  static Checkpoint open(const std::filesystem::path& folder);

  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;
  ~Checkpoint();

  const std::filesystem::path& folder() const noexcept;
  const VitConfig& config() const noexcept;
  const PreprocessSpec& preprocess() const noexcept;
  CheckpointSummary summary() const;

  /// Is there a tensor of this canonical name? Canonical names are transformers' v4
  /// names without the base prefix: "embeddings.cls_token",
  /// "encoder.layer.3.attention.attention.query.weight", "layernorm.weight",
  /// "classifier.weight", "cls_classifier.bias"; a GFNet's filter is
  /// "encoder.layer.3.filter.complex_weight"; LayerScale is "encoder.layer.3.layer_scale1",
  /// registers "embeddings.register_tokens", timm's fc_norm is "fc_norm.weight". The v5 and
  /// timm spellings are translated; timm's fused qkv is served as three.
  bool has(std::string_view canonical) const;
  /// The tensor widened to f32, row-major. Throws ModelError when it is absent or its
  /// shape differs from `shape`.
  std::vector<float> f32(std::string_view canonical,
                         std::initializer_list<std::int64_t> shape) const;

  /// Every tensor as the files have it, unread ones too: for writing the model anew.
  const WeightFiles& weights() const noexcept;

  /// sha256 over the weight files, hexadecimal, computed on first use: the run manifest's
  /// identity of the model.
  const std::string& sha256() const;

  struct Impl;

 private:
  explicit Checkpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea::vision
