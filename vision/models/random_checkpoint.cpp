// SPDX-License-Identifier: Apache-2.0
#include "vision/models/random_checkpoint.hpp"

#include <array>
#include <charconv>
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
  int hidden_size, layers, heads;  // heads 0: a GFNet

  bool is_gfnet() const { return heads == 0; }
};
constexpr std::array<Size, 8> kSizes{{{"vit-tiny", 192, 12, 3},
                                      {"vit-small", 384, 12, 6},
                                      {"vit-base", 768, 12, 12},
                                      {"vit-large", 1024, 24, 16},
                                      {"gfnet-ti", 256, 12, 0},
                                      {"gfnet-xs", 384, 12, 0},
                                      {"gfnet-s", 384, 19, 0},
                                      {"gfnet-b", 512, 19, 0}}};
constexpr int kClasses = 1000, kUsualPatch = 16, kUsualPixels = 224, kMostPixels = 4096;
constexpr int kWidestFilter = 32;  // upload_global_filter()

/// What a name such as "vit-base-patch32-384" asks for.
struct Wanted {
  const Size* size = nullptr;
  int patch = kUsualPatch, pixels = kUsualPixels;

  std::string folder() const {
    const std::string cut = patch == kUsualPatch ? "" : fmt::format("-patch{}", patch);
    return fmt::format("{}{}-{}", size->name, cut, pixels);
  }
};

/// Takes a number off the front of `text`; 0 where none is there.
int take_number(std::string_view& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

Wanted read_name(std::string_view name) {
  std::string_view rest = name;
  take_word(rest, kRandomModelPrefix);
  Wanted wanted;
  for (const Size& size : kSizes) {
    if (take_word(rest, size.name)) wanted.size = &size;
  }
  if (take_word(rest, "-patch")) wanted.patch = take_number(rest);
  if (take_word(rest, "-")) wanted.pixels = take_number(rest);
  const bool fits = wanted.patch > 0 && wanted.pixels >= wanted.patch &&
                    wanted.pixels <= kMostPixels && wanted.pixels % wanted.patch == 0 &&
                    (wanted.size == nullptr || !wanted.size->is_gfnet() ||
                     wanted.pixels / wanted.patch <= kWidestFilter);
  if (wanted.size != nullptr && rest.empty() && fits) return wanted;
  std::string known;
  for (const Size& size : kSizes) {
    known += fmt::format("{}{}-{}, ", kRandomModelPrefix, size.name, kUsualPixels);
  }
  throw ModelError(fmt::format("there is no random model '{}'", name), "model name",
                   fmt::format("use one of {}or another size: {}vit-base-patch32-384 (the patch "
                               "divides the pixels, at most {})",
                               known, kRandomModelPrefix, kMostPixels));
}

VitConfig config_of(const Wanted& wanted) {
  VitConfig config;
  config.family = "vit";
  config.hidden_size = wanted.size->hidden_size;
  config.layers = wanted.size->layers;
  config.heads = wanted.size->heads;
  config.mlp_size = 4 * wanted.size->hidden_size;
  config.image_h = config.image_w = wanted.pixels;
  config.patch_h = config.patch_w = wanted.patch;
  config.labels.resize(kClasses);
  if (wanted.size->is_gfnet()) {
    config.family = "gfnet";
    config.global_filters = true;
    config.class_token = false;
    config.pooling = Pooling::mean_patches;
  }
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

/// transformers puts all but the head below "vit."; GFNet's authors keep timm's names.
std::string stored_name(const std::string& canonical, const VitConfig& config) {
  if (config.global_filters) return timm_from_canonical(canonical);
  return canonical.starts_with("classifier.") ? canonical : "vit." + canonical;
}

void write_weights(const fs::path& path, const VitConfig& config) {
  const std::vector<ExpectedTensor> tensors = expected_tensors(config);
  std::string header = "{";
  std::size_t offset = 0;
  for (const ExpectedTensor& tensor : tensors) {
    const std::size_t end = offset + element_count(tensor.shape) * sizeof(cv::float16_t);
    header += fmt::format(R"({}"{}":{{"dtype":"F16","shape":[{}],"data_offsets":[{},{}]}})",
                          offset == 0 ? "" : ",", stored_name(tensor.canonical, config),
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
  if (config.global_filters) {
    write_text(folder / "config.json",
               fmt::format(R"({{"model_type":"gfnet","id2label":{{{}}}}})", labels));
    write_weights(folder / "model.safetensors", config);
    return;
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
  write_weights(folder / "model.safetensors", config);
}

}  // namespace

fs::path random_checkpoint(std::string_view name, const fs::path& parent) {
  const Wanted wanted = read_name(name);
  const fs::path folder = parent / wanted.folder();
  if (fs::exists(folder / "model.safetensors")) return folder;
  // Made beside its place and moved there, so that nobody sees half of it.
  const fs::path partial = parent / fmt::format("{}.partial-{}", wanted.folder(), getpid());
  try {
    fs::create_directories(partial);
    write_folder(partial, config_of(wanted));
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
