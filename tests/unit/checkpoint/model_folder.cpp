// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/checkpoint/model_folder.hpp"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace fovea::testing_support {
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "fovea-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void write_file(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  fs::remove(path);  // rewriting a file in place makes some file systems wait for the disk
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string safetensors_bytes(const std::string& header, const std::string& data) {
  return raw<std::uint64_t>(header.size()) + header + data;
}

std::string safetensors_bytes(const std::vector<TensorEntry>& tensors) {
  std::string header = "{", data;
  for (const TensorEntry& tensor : tensors) {
    header +=
        fmt::format(R"({}"{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                    header.size() > 1 ? "," : "", tensor.name, tensor.dtype,
                    fmt::join(tensor.shape, ","), data.size(), data.size() + tensor.bytes.size());
    data += tensor.bytes;
  }
  return safetensors_bytes(header + "}", data);
}

std::string zip_bytes(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out, directory;
  for (const auto& [name, content] : entries) {
    const auto size = static_cast<std::uint32_t>(content.size());
    const auto offset = static_cast<std::uint32_t>(out.size());
    // version, flags, method, time, date, checksum (not read), stored size, size, name, extra
    std::string common = raw<std::uint16_t>(0) + raw<std::uint16_t>(0) + raw<std::uint32_t>(0) +
                         raw<std::uint32_t>(0) + raw(size) + raw(size) +
                         raw(static_cast<std::uint16_t>(name.size())) + raw<std::uint16_t>(0);
    out += "PK\x03\x04" + raw<std::uint16_t>(20) + common + name + content;
    directory += "PK\x01\x02" + raw<std::uint16_t>(20) + raw<std::uint16_t>(20) + common +
                 std::string(10, '\0') + raw(offset) + name;
  }
  const auto count = static_cast<std::uint16_t>(entries.size());
  const auto at = static_cast<std::uint32_t>(out.size());
  const auto size = static_cast<std::uint32_t>(directory.size());
  return out + directory + "PK\x05\x06" + std::string(4, '\0') + raw(count) + raw(count) +
         raw(size) + raw(at) + raw<std::uint16_t>(0);
}

std::string torch_zip(const std::string& pickle,
                      const std::vector<std::pair<std::string, std::string>>& storages) {
  std::vector<std::pair<std::string, std::string>> entries{{"archive/data.pkl", pickle},
                                                           {"archive/byteorder", "little"}};
  for (const auto& [key, bytes] : storages) entries.emplace_back("archive/data/" + key, bytes);
  return zip_bytes(entries);
}

std::vector<std::pair<std::string, std::vector<std::int64_t>>> tiny_tensors() {
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> out{
      {"embeddings.cls_token", {1, 1, 8}},
      {"embeddings.position_embeddings", {1, 5, 8}},
      {"embeddings.patch_embeddings.projection.weight", {8, 3, 4, 4}},
      {"embeddings.patch_embeddings.projection.bias", {8}}};
  for (int i = 0; i < 2; ++i) {
    const std::string block = fmt::format("encoder.layer.{}.", i);
    const auto add = [&](const char* name, std::int64_t rows, std::int64_t columns) {
      out.push_back({block + name + ".weight", {rows, columns}});
      out.push_back({block + name + ".bias", {rows}});
    };
    for (const char* norm : {"layernorm_before", "layernorm_after"}) {
      out.push_back({block + norm + ".weight", {8}});
      out.push_back({block + norm + ".bias", {8}});
    }
    add("attention.attention.query", 8, 8);
    add("attention.attention.key", 8, 8);
    add("attention.attention.value", 8, 8);
    add("attention.output.dense", 8, 8);
    add("intermediate.dense", 16, 8);
    add("output.dense", 8, 16);
  }
  out.push_back({"layernorm.weight", {8}});
  out.push_back({"layernorm.bias", {8}});
  out.push_back({"classifier.weight", {3, 8}});
  out.push_back({"classifier.bias", {3}});
  return out;
}

float tiny_value(std::string_view canonical, std::size_t index) {
  std::uint32_t seed = 7;
  for (const char c : canonical) seed = seed * 31 + static_cast<unsigned char>(c);
  // At most seven significant bits: bf16 holds them.
  return static_cast<float>(static_cast<int>((seed + index * 13) % 251) - 125) / 4.0f;
}

namespace {

std::size_t count_of(const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const std::int64_t axis : shape) count *= static_cast<std::size_t>(axis);
  return count;
}

/// Correct for tiny_value(): normal numbers of few significant bits.
std::uint16_t to_half(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, 4);
  if ((bits & 0x7fffffff) == 0) return static_cast<std::uint16_t>(bits >> 16);
  const std::uint32_t exponent = ((bits >> 23) & 0xff) - 112;
  return static_cast<std::uint16_t>((bits >> 31) << 15 | exponent << 10 | ((bits >> 13) & 0x3ff));
}

std::string encoded(std::string_view canonical, std::size_t count, const std::string& dtype) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    const float value = tiny_value(canonical, i);
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, 4);
    out += dtype == "F32"   ? raw(value)
           : dtype == "F16" ? raw(to_half(value))
                            : raw(static_cast<std::uint16_t>(bits >> 16));
  }
  return out;
}

std::string replaced(std::string name, std::string_view from, std::string_view to) {
  const std::size_t at = name.find(from);
  return at == std::string::npos ? name : name.replace(at, from.size(), to);
}

std::string v5_name(std::string name) {
  const std::pair<const char*, const char*> words[] = {
      {"encoder.layer.", "layers."},
      {"attention.attention.query", "attention.q_proj"},
      {"attention.attention.key", "attention.k_proj"},
      {"attention.attention.value", "attention.v_proj"},
      {"attention.output.dense", "attention.o_proj"},
      {"intermediate.dense", "mlp.fc1"},
      {"output.dense", "mlp.fc2"}};
  for (const auto& [from, to] : words) name = replaced(std::move(name), from, to);
  return name;
}

std::string timm_name(std::string name) {
  const std::pair<const char*, const char*> words[] = {
      {"encoder.layer.", "blocks."},
      {"embeddings.cls_token", "cls_token"},
      {"embeddings.position_embeddings", "pos_embed"},
      {"embeddings.patch_embeddings.projection", "patch_embed.proj"},
      {"attention.output.dense", "attn.proj"},
      {"intermediate.dense", "mlp.fc1"},
      {"output.dense", "mlp.fc2"},
      {"layernorm_before", "norm1"},
      {"layernorm_after", "norm2"},
      {"layernorm", "norm"},
      {"classifier", "head"}};
  for (const auto& [from, to] : words) name = replaced(std::move(name), from, to);
  return name;
}

}  // namespace

std::vector<TensorEntry> tiny_entries(Spelling spelling, const std::string& dtype,
                                      const std::string& prefix) {
  std::vector<TensorEntry> out;
  std::map<std::string, std::size_t> fused;  // timm's qkv, by name, to its place in `out`
  for (const auto& [canonical, shape] : tiny_tensors()) {
    std::string bytes = encoded(canonical, count_of(shape), dtype);
    const std::size_t qkv = canonical.find("attention.attention.");
    if (spelling == Spelling::timm && qkv != std::string::npos) {
      const std::string name =
          timm_name(canonical.substr(0, qkv)) + "attn.qkv" + canonical.substr(canonical.rfind('.'));
      const auto [at, is_new] = fused.emplace(name, out.size());
      if (is_new) {
        out.push_back({name, dtype, shape, bytes});
      } else {
        out[at->second].shape[0] += shape[0];
        out[at->second].bytes += bytes;
      }
      continue;
    }
    std::string name = spelling == Spelling::timm ? timm_name(canonical) : canonical;
    if (spelling == Spelling::v5) name = v5_name(canonical);
    if (spelling != Spelling::timm && !canonical.starts_with("classifier")) name = prefix + name;
    out.push_back({name, dtype, shape, std::move(bytes)});
  }
  return out;
}

void write_tiny_model(const fs::path& folder) {
  write_file(folder / "config.json", kTinyConfig);
  write_file(folder / "model.safetensors", safetensors_bytes(tiny_entries()));
}

}  // namespace fovea::testing_support
