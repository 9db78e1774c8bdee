// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/weight_files.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/checkpoint/hub_listing.hpp"
#include "vision/checkpoint/int8_scales.hpp"
#include "vision/checkpoint/json_file.hpp"
#include "vision/checkpoint/pytorch_bin.hpp"
#include "vision/checkpoint/safetensors.hpp"

namespace fovea::vision {
namespace {

namespace fs = std::filesystem;
using Reader = std::vector<StoredTensor> (*)(const MappedFile&);

void add_file(WeightFiles& weights, const fs::path& path, Reader reader) {
  weights.files.emplace_back(path);
  auto tensors = reader(weights.files.back());
  std::move(tensors.begin(), tensors.end(), std::back_inserter(weights.tensors));
}

/// The index maps each tensor to its shard; the shards' own tables are what is loaded.
WeightFiles open_shards(const fs::path& index, Reader reader) {
  WeightFiles weights;
  std::unordered_map<std::string, std::string> shard_of;
  for (const std::string& shard : shard_names(index)) {
    const fs::path path = index.parent_path() / shard;
    if (!fs::exists(path)) {
      throw ModelError(fmt::format("the weight shard '{}' is missing", shard), index.string(),
                       "download the missing file into the same folder");
    }
    const std::size_t first = weights.tensors.size();
    add_file(weights, path, reader);
    for (std::size_t i = first; i < weights.tensors.size(); ++i) {
      const auto [at, is_new] = shard_of.emplace(weights.tensors[i].name, shard);
      if (!is_new) {
        throw ModelError(fmt::format("tensor '{}' is in two shards, '{}' and '{}'", at->first,
                                     at->second, shard),
                         index.string(), "download the model's weight files again");
      }
    }
  }
  const auto json = read_json_object(index);
  for (const auto& [tensor, shard] : json.at("weight_map").items()) {
    const auto at = shard_of.find(tensor);
    if (at == shard_of.end() || at->second != shard.get_ref<const std::string&>()) {
      throw ModelError(fmt::format("tensor '{}' is not in its shard '{}'", tensor,
                                   shard.get_ref<const std::string&>()),
                       index.string(), "download the model's weight files again");
    }
  }
  const std::string stem = index.filename().string();
  weights.path = index;
  weights.label =
      fmt::format("{} ({} shards)", stem.substr(0, stem.find(".index.json")), weights.files.size());
  attach_scales(weights);
  return weights;
}

[[noreturn]] void refuse_no_weights(const fs::path& folder) {
  std::string others;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    const std::string ending = entry.path().extension().string();
    if (ending == ".h5" || ending == ".msgpack" || ending == ".onnx" || ending == ".pt" ||
        ending == ".ckpt" || ending == ".gguf" || ending == ".safetensors" || ending == ".bin") {
      others += (others.empty() ? "" : ", ") + name;
    }
  }
  throw ModelError(
      "no weights in the model folder" +
          (others.empty() ? std::string()
                          : fmt::format(" (found {}, which Fovea does not read)", others)),
      folder.string(),
      "put model.safetensors, pytorch_model.bin or one .pth there (some repositories keep "
      "safetensors only "
      "at revision refs/pr/N)");
}

/// Sorted.
std::vector<fs::path> pth_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".pth") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

WeightFiles open_one(const fs::path& file, Reader reader) {
  WeightFiles weights;
  add_file(weights, file, reader);
  weights.path = file;
  weights.label = file.filename().string();
  attach_scales(weights);
  return weights;
}

}  // namespace

const StoredTensor* WeightFiles::find(std::string_view name) const noexcept {
  const auto at = std::find_if(tensors.begin(), tensors.end(),
                               [&](const StoredTensor& tensor) { return tensor.name == name; });
  return at == tensors.end() ? nullptr : &*at;
}

bool has_weight_files(const fs::path& folder) {
  return !pth_files(folder).empty() ||
         std::any_of(std::begin(kWeightFileNames), std::end(kWeightFileNames),
                     [&](const char* name) { return fs::exists(folder / name); });
}

WeightFiles open_weight_files(const fs::path& folder) {
  for (const std::string_view name : kWeightFileNames) {
    const fs::path file = folder / name;
    if (!fs::exists(file)) continue;
    const Reader reader = name.starts_with("model.") ? read_safetensors : read_pytorch_bin;
    if (name.ends_with(".index.json")) return open_shards(file, reader);
    return open_one(file, reader);
  }
  const std::vector<fs::path> others = pth_files(folder);
  if (others.empty()) refuse_no_weights(folder);
  if (others.size() > 1) {
    throw ModelError(fmt::format("the model folder has several weight files, '{}' and '{}'",
                                 others[0].filename().string(), others[1].filename().string()),
                     folder.string(), "put each model into a folder of its own");
  }
  return open_one(others.front(), read_pytorch_bin);
}

}  // namespace fovea::vision
