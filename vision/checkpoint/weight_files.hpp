// SPDX-License-Identifier: Apache-2.0
#pragma once
// All tensors of a model folder, from whichever weight files lie in it.

#include <filesystem>
#include <string>
#include <vector>

#include "vision/checkpoint/mapped_file.hpp"
#include "vision/checkpoint/stored_tensor.hpp"

namespace fovea::vision {

struct WeightFiles {
  std::vector<MappedFile> files;      // keep the bytes that `tensors` point into
  std::vector<StoredTensor> tensors;  // no two of one name
  std::filesystem::path path;         // the weight file, or the index of the shards
  std::string label;                  // "model.safetensors", "model.safetensors (3 shards)"

  /// nullptr when there is none.
  const StoredTensor* find(std::string_view name) const noexcept;
};

/// What a model folder's weights may be called, in the order of preference.
inline constexpr const char* kWeightFileNames[] = {
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json"};

/// Is there one of kWeightFileNames, or a .pth, which authors name as they like?
bool has_weight_files(const std::filesystem::path& folder);

/// Takes the first of kWeightFileNames that exists, else the only .pth.
/// Throws ModelError when there is none, or there are several .pth and nothing else, a shard is
/// absent, or a file is malformed.
WeightFiles open_weight_files(const std::filesystem::path& folder);

}  // namespace fovea::vision
