// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/checkpoint.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/checkpoint/gfnet_config.hpp"
#include "vision/checkpoint/json_file.hpp"
#include "vision/checkpoint/model_config.hpp"
#include "vision/checkpoint/processor_config.hpp"
#include "vision/checkpoint/sha256.hpp"
#include "vision/checkpoint/tensor_names.hpp"
#include "vision/checkpoint/weight_files.hpp"

namespace fovea::vision {

namespace fs = std::filesystem;

struct Checkpoint::Impl {
  fs::path folder;
  VitConfig config;
  PreprocessSpec preprocess;
  WeightFiles weights;
  std::map<std::string, StoredTensor, std::less<>> tensors;  // by canonical name
  std::atomic<const std::string*> sha256{nullptr};

  ~Impl() { delete sha256.load(); }
};

namespace {

using Table = std::map<std::string, StoredTensor, std::less<>>;

constexpr std::size_t kMaxListed = 20;

/// The tensors by canonical name; every one that the config does not call for, lacks, or shapes
/// otherwise is named in one error.
Table check_tensors(const WeightFiles& weights, const VitConfig& config) {
  std::vector<std::string> problems;
  Table found;
  for (NamedTensor& named : canonical_tensors(weights, config)) {
    const auto [at, is_new] = found.emplace(named.canonical, named.tensor);
    if (!is_new) {
      problems.push_back(
          fmt::format("twice:     {} and {} are one tensor", at->second.name, named.tensor.name));
    }
  }
  const auto expected = expected_tensors(config);
  std::set<std::string_view> called_for;
  for (const ExpectedTensor& tensor : expected) {
    called_for.insert(tensor.canonical);
    const auto at = found.find(tensor.canonical);
    if (at == found.end()) {
      problems.push_back(
          fmt::format("missing:   {} {}", tensor.canonical, shape_text(tensor.shape)));
    } else if (at->second.shape != tensor.shape) {
      problems.push_back(fmt::format("misshapen: {} is {}, expected {}", at->second.name,
                                     shape_text(at->second.shape), shape_text(tensor.shape)));
    } else if (at->second.type == StoredType::other) {
      problems.push_back(fmt::format("type:      {} is {}, expected F32, F16 or BF16{}",
                                     at->second.name, at->second.type_name,
                                     at->second.type_name == "I8" ? ", or I8 with scales" : ""));
    }
  }
  for (const auto& [canonical, tensor] : found) {
    if (!called_for.contains(canonical)) {
      problems.push_back(fmt::format("unknown:   {} {}", tensor.name, shape_text(tensor.shape)));
    }
  }
  if (problems.empty()) return found;

  std::string what = fmt::format("{} of the model's tensors do not fit its config ({})",
                                 problems.size(), config.architecture);
  for (std::size_t i = 0; i < std::min(problems.size(), kMaxListed); ++i) {
    what += "\n    " + problems[i];
  }
  if (problems.size() > kMaxListed) {
    what += fmt::format("\n    and {} more", problems.size() - kMaxListed);
  }
  throw ModelError(what, weights.path.string(),
                   "check that config.json and the weights belong to the same model");
}

/// `license:` in the model card's front matter, the lines between the first two "---".
std::string license_of(const fs::path& folder) {
  std::ifstream card(folder / "README.md");
  std::string line;
  if (!std::getline(card, line) || !line.starts_with("---")) return {};
  while (std::getline(card, line) && !line.starts_with("---")) {
    constexpr std::string_view kKey = "license:";
    if (!line.starts_with(kKey)) continue;
    std::string value = line.substr(kKey.size());
    value.erase(0, value.find_first_not_of(" \t\"'"));
    value.erase(value.find_last_not_of(" \t\r\"'") + 1);
    return value;
  }
  return {};
}

VitConfig config_of(const nlohmann::json& config, const WeightFiles& weights,
                    const std::string& where) {
  if (is_timm_config(config)) return timm_config(config, weights, where);
  if (config.value("model_type", nlohmann::json()) == "gfnet") {
    return gfnet_config(config, weights, where);
  }
  return transformers_config(config, weights, where);
}

PreprocessSpec read_preprocess(const fs::path& folder, const nlohmann::json& config,
                               const VitConfig& model) {
  if (model.family == "timm") return timm_spec(config, (folder / "config.json").string());
  const fs::path file = folder / "preprocessor_config.json";
  if (model.family == "gfnet" && !fs::exists(file)) {
    return gfnet_spec(config, model, (folder / "config.json").string());
  }
  const auto json = fs::exists(file) ? read_json_object(file) : nlohmann::json::object();
  return processor_spec(json, model.family, file.string());
}

}  // namespace

Checkpoint Checkpoint::open(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw ModelError("the model is not a folder", folder.string(),
                     "give the folder that holds config.json and the weights");
  }
  const fs::path file = folder / "config.json";
  const bool has_config = fs::exists(file);
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  if (has_config || has_weight_files(folder)) impl->weights = open_weight_files(folder);
  if (!has_config && !is_gfnet(impl->weights)) {
    throw ModelError("the model folder has no config.json", folder.string(),
                     "give the folder that holds config.json and the weights");
  }
  const auto config = has_config ? read_json_object(file) : nlohmann::json{{"model_type", "gfnet"}};
  impl->config = config_of(config, impl->weights, file.string());
  impl->preprocess = read_preprocess(folder, config, impl->config);
  impl->tensors = check_tensors(impl->weights, impl->config);
  return Checkpoint(std::move(impl));
}

Checkpoint::Checkpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

const fs::path& Checkpoint::folder() const noexcept { return impl_->folder; }
const VitConfig& Checkpoint::config() const noexcept { return impl_->config; }
const PreprocessSpec& Checkpoint::preprocess() const noexcept { return impl_->preprocess; }

CheckpointSummary Checkpoint::summary() const {
  CheckpointSummary summary;
  summary.weights_file = impl_->weights.label;
  summary.license = license_of(impl_->folder);
  std::set<std::string> types;
  for (const auto& [name, tensor] : impl_->tensors) {
    summary.parameters += static_cast<std::uint64_t>(tensor.element_count());
    summary.weight_bytes += tensor.byte_count();
    types.insert(type_name(tensor.type));
  }
  summary.stored_dtype = types.size() == 1 ? *types.begin() : types.contains("I8") ? "I8" : "mixed";
  return summary;
}

bool Checkpoint::has(std::string_view canonical) const {
  return impl_->tensors.find(canonical) != impl_->tensors.end();
}

std::vector<float> Checkpoint::f32(std::string_view canonical,
                                   std::initializer_list<std::int64_t> shape) const {
  const auto at = impl_->tensors.find(canonical);
  if (at == impl_->tensors.end()) {
    throw ModelError(fmt::format("the model has no tensor '{}'", canonical),
                     impl_->weights.path.string(), "use a model of a supported architecture");
  }
  const StoredTensor& tensor = at->second;
  if (!std::equal(tensor.shape.begin(), tensor.shape.end(), shape.begin(), shape.end())) {
    throw ModelError(
        fmt::format("tensor '{}' is {}, expected {}", tensor.name, shape_text(tensor.shape),
                    shape_text(std::vector<std::int64_t>(shape))),
        impl_->weights.path.string(),
        "check that config.json and the weights belong to the same model");
  }
  return widen(tensor, impl_->weights.path.string());
}

const WeightFiles& Checkpoint::weights() const noexcept { return impl_->weights; }

const std::string& Checkpoint::sha256() const {
  if (const std::string* known = impl_->sha256.load()) return *known;
  Sha256 hash;
  for (const MappedFile& file : impl_->weights.files) hash.update(file.bytes());
  auto mine = std::make_unique<const std::string>(hash.hex());
  // Two threads may both have hashed; the first to get here is kept.
  const std::string* first = nullptr;
  if (impl_->sha256.compare_exchange_strong(first, mine.get())) first = mine.release();
  return *first;
}

}  // namespace fovea::vision
