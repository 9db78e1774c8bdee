// SPDX-License-Identifier: Apache-2.0
#include "vision/models/random_checkpoint.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>

#include <fmt/format.h>
#include <opencv2/core/cvdef.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "vision/checkpoint/tensor_names.hpp"
#include "vision/models/vit_config.hpp"

namespace fovea::vision {

namespace {

namespace fs = std::filesystem;

struct Size {
  std::string_view name;
  int hidden_size, heads;
};
constexpr std::array<Size, 3> kSizes{
    {{"vit-tiny-224", 192, 3}, {"vit-small-224", 384, 6}, {"vit-base-224", 768, 12}}};
constexpr int kClasses = 1000;

const Size& size_named(std::string_view name) {
  std::string_view wanted = name;
  if (wanted.starts_with(kRandomModelPrefix)) wanted.remove_prefix(kRandomModelPrefix.size());
  std::string known;
  for (const Size& size : kSizes) {
    if (wanted == size.name || fmt::format("{}-224", wanted) == size.name) return size;
    known += fmt::format("{}{}{}", known.empty() ? "" : ", ", kRandomModelPrefix, size.name);
  }
  throw ModelError(fmt::format("there is no random model '{}'", name), "model name",
                   "use one of " + known);
}

VitConfig config_of(const Size& size) {
  VitConfig config;
  config.family = "vit";
  config.hidden_size = size.hidden_size;
  config.heads = size.heads;
  config.mlp_size = 4 * size.hidden_size;
  config.labels.resize(kClasses);
  return config;
}

/// splitmix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// Mean 0, deviation 1: the sum of four uniform numbers, close enough to normal here.
  float normal() {
    std::uint64_t bits = next();
    int sum = 0;
    for (int i = 0; i < 4; ++i, bits >>= 16) sum += static_cast<int>(bits & 0xffff);
    return (static_cast<float>(sum) / 65536.0f - 2.0f) * 1.7320508f;
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

/// FNV-1a, so that a tensor's values depend on its name only.
std::uint64_t seed_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

std::size_t element_count(const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const std::int64_t axis : shape) count *= static_cast<std::size_t>(axis);
  return count;
}

std::vector<cv::float16_t> random_values(const ExpectedTensor& tensor) {
  const bool is_gamma =
      tensor.canonical.find("norm") != std::string::npos && tensor.canonical.ends_with(".weight");
  const bool is_zero = tensor.canonical.ends_with(".bias");
  Random random(seed_of(tensor.canonical));
  std::vector<cv::float16_t> values(element_count(tensor.shape));
  for (cv::float16_t& value : values) {
    value = cv::float16_t(is_gamma ? 1.0f : is_zero ? 0.0f : 0.02f * random.normal());
  }
  return values;
}

/// transformers puts all but the head below "vit.".
std::string stored_name(const std::string& canonical) {
  return canonical.starts_with("classifier.") ? canonical : "vit." + canonical;
}

void write_weights(const fs::path& path, const std::vector<ExpectedTensor>& tensors) {
  std::string header = "{";
  std::size_t offset = 0;
  for (const ExpectedTensor& tensor : tensors) {
    const std::size_t end = offset + element_count(tensor.shape) * sizeof(cv::float16_t);
    header += fmt::format(R"({}"{}":{{"dtype":"F16","shape":[{}],"data_offsets":[{},{}]}})",
                          offset == 0 ? "" : ",", stored_name(tensor.canonical),
                          fmt::join(tensor.shape, ","), offset, end);
    offset = end;
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');  // the data begin aligned

  std::ofstream file(path, std::ios::binary);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  std::array<char, 8> length{};
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(header.size() >> (8 * i));
  file.write(length.data(), length.size());
  file.write(header.data(), static_cast<std::streamsize>(header.size()));
  for (const ExpectedTensor& tensor : tensors) {
    const std::vector<cv::float16_t> values = random_values(tensor);
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(cv::float16_t)));
  }
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  file << text;
  file.flush();
}

void write_folder(const fs::path& folder, const VitConfig& config) {
  std::string labels;
  for (int i = 0; i < kClasses; ++i) {
    labels += fmt::format(R"({}"{}":"class {}")", i == 0 ? "" : ",", i, i);
  }
  write_text(folder / "config.json",
             fmt::format(R"({{"architectures":["ViTForImageClassification"],"model_type":"vit",)"
                         R"("hidden_size":{},"num_hidden_layers":{},"num_attention_heads":{},)"
                         R"("intermediate_size":{},"image_size":{},"patch_size":{},)"
                         R"("id2label":{{{}}}}})",
                         config.hidden_size, config.layers, config.heads, config.mlp_size,
                         config.image_h, config.patch_h, labels));
  write_text(folder / "preprocessor_config.json",
             fmt::format(R"({{"image_processor_type":"ViTImageProcessor",)"
                         R"("size":{{"height":{},"width":{}}}}})",
                         config.image_h, config.image_w));
  write_weights(folder / "model.safetensors", expected_tensors(config));
}

}  // namespace

std::vector<std::string> random_model_names() {
  std::vector<std::string> names;
  for (const Size& size : kSizes) names.emplace_back(size.name);
  return names;
}

fs::path random_checkpoint(std::string_view name, const fs::path& parent) {
  const Size& size = size_named(name);
  const fs::path folder = parent / size.name;
  if (fs::exists(folder / "model.safetensors")) return folder;
  // Made beside its place and moved there, so that nobody sees half of it.
  const fs::path partial = parent / fmt::format("{}.partial-{}", size.name, getpid());
  try {
    fs::create_directories(partial);
    write_folder(partial, config_of(size));
    fs::rename(partial, folder);
  } catch (const std::exception& error) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    if (fs::exists(folder / "model.safetensors")) return folder;  // another process was faster
    throw ModelError(fmt::format("the random model cannot be written ({})", error.what()),
                     folder.string(), "free space there, or make the folder writable");
  }
  return folder;
}

}  // namespace fovea::vision
