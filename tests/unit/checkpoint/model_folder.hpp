// SPDX-License-Identifier: Apache-2.0
#pragma once
// Model folders written by tests: a tiny ViT in any spelling, safetensors and zip
// containers byte by byte. Shared by tests/unit/checkpoint, tests/hostile and tests/hub.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fovea::testing_support {

/// A new empty folder, removed with everything in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

struct TensorEntry {
  std::string name, dtype;  // "F32", "F16", "BF16", "I64"
  std::vector<std::int64_t> shape;
  std::string bytes;
};

/// Little-endian bytes of a number.
template <typename T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

void write_file(const std::filesystem::path& path, std::string_view content);
std::string read_file(const std::filesystem::path& path);

/// 8 bytes of length, `header`, `data`.
std::string safetensors_bytes(const std::string& header, const std::string& data);
std::string safetensors_bytes(const std::vector<TensorEntry>& tensors);

/// A zip archive of stored entries.
std::string zip_bytes(const std::vector<std::pair<std::string, std::string>>& entries);
/// pytorch_model.bin with this pickle and these storages.
std::string torch_zip(const std::string& pickle,
                      const std::vector<std::pair<std::string, std::string>>& storages = {});

enum class Spelling : int { v4, v5, timm };

/// ViT of width 8, 2 heads, 2 blocks, MLP 16, image 8x8, patch 4x4, 3 classes.
inline constexpr std::string_view kTinyConfig =
    R"({"model_type":"vit","architectures":["ViTForImageClassification"],"hidden_size":8,
        "num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":16,"image_size":8,
        "patch_size":4,"id2label":{"0":"ant","1":"bee","2":"cat"}})";
inline constexpr std::string_view kTinyTimmConfig =
    R"({"architecture":"test_vit","num_classes":3,"global_pool":"token",
        "pretrained_cfg":{"input_size":[3,8,8],"crop_pct":0.95,"interpolation":"bilinear"}})";

/// Canonical names and shapes of that ViT.
std::vector<std::pair<std::string, std::vector<std::int64_t>>> tiny_tensors();
/// Element `index` of the tensor `canonical`: exact in F32, F16 and BF16.
float tiny_value(std::string_view canonical, std::size_t index);
/// The tensors as a file of that spelling holds them; `prefix` ("vit.") before each name
/// that has one in transformers' files.
std::vector<TensorEntry> tiny_entries(Spelling spelling = Spelling::v4,
                                      const std::string& dtype = "F32",
                                      const std::string& prefix = "vit.");
/// config.json and model.safetensors of the tiny ViT in `folder`.
void write_tiny_model(const std::filesystem::path& folder);

}  // namespace fovea::testing_support
