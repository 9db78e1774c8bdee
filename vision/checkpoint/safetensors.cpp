// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/safetensors.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/checkpoint/json_file.hpp"

namespace fovea::vision {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit

struct TypeEntry {
  std::string_view name;
  StoredType type;
  std::size_t bytes;
};

// Types no model weight of ours may have are known by size, so that a file holding
// position_ids is still read.
constexpr std::array<TypeEntry, 15> kTypes{{{"BF16", StoredType::bf16, 2},
                                            {"BOOL", StoredType::other, 1},
                                            {"F16", StoredType::f16, 2},
                                            {"F32", StoredType::f32, 4},
                                            {"F64", StoredType::other, 8},
                                            {"F8_E4M3", StoredType::other, 1},
                                            {"F8_E5M2", StoredType::other, 1},
                                            {"I16", StoredType::other, 2},
                                            {"I32", StoredType::other, 4},
                                            {"I64", StoredType::other, 8},
                                            {"I8", StoredType::other, 1},
                                            {"U16", StoredType::other, 2},
                                            {"U32", StoredType::other, 4},
                                            {"U64", StoredType::other, 8},
                                            {"U8", StoredType::other, 1}}};

[[noreturn]] void refuse(const MappedFile& file, const std::string& what) {
  throw ModelError("malformed safetensors file: " + what, file.path().string(),
                   "download the file again; if that does not help, its writer is at fault");
}

std::uint64_t whole_number(const MappedFile& file, const std::string& name, const json& value,
                           const char* what) {
  if (!value.is_number_unsigned()) {
    refuse(file, fmt::format("tensor '{}' has a {} that is not a whole number", name, what));
  }
  return value.get<std::uint64_t>();
}

struct Placed {
  StoredTensor tensor;
  std::uint64_t begin = 0, end = 0;
};

Placed read_entry(const MappedFile& file, const std::string& name, const json& entry,
                  std::span<const std::byte> data) {
  const auto field = [&](const char* key) -> const json& {
    const auto at = entry.is_object() ? entry.find(key) : entry.end();
    if (!entry.is_object() || at == entry.end()) {
      refuse(file, fmt::format("tensor '{}' has no '{}'", name, key));
    }
    return *at;
  };
  const json& type_name = field("dtype");
  const json& shape = field("shape");
  const json& offsets = field("data_offsets");
  if (!type_name.is_string() || !shape.is_array() || !offsets.is_array() || offsets.size() != 2) {
    refuse(file, fmt::format("tensor '{}' has fields of the wrong kind", name));
  }

  Placed placed;
  StoredTensor& tensor = placed.tensor;
  tensor.name = name;
  tensor.type_name = type_name.get<std::string>();
  const auto* type = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeEntry& known) {
    return known.name == tensor.type_name;
  });
  if (type == kTypes.end()) {
    refuse(file, fmt::format("tensor '{}' has the unknown type '{}'", name, tensor.type_name));
  }
  tensor.type = type->type;
  tensor.element_bytes = type->bytes;

  for (const json& axis : shape) {
    const std::uint64_t size = whole_number(file, name, axis, "shape");
    if (size > std::uint64_t{1} << 62) {
      refuse(file, fmt::format("tensor '{}' has an axis of {}", name, size));
    }
    tensor.shape.push_back(static_cast<std::int64_t>(size));
  }
  std::int64_t count = 0;
  if (!checked_element_count(tensor.shape, count)) {
    refuse(file, fmt::format("tensor '{}' has more elements than any file", name));
  }
  placed.begin = whole_number(file, name, offsets[0], "data offset");
  placed.end = whole_number(file, name, offsets[1], "data offset");
  if (placed.begin > placed.end || placed.end > data.size()) {
    refuse(file, fmt::format("tensor '{}' lies at bytes {} to {} of {}", name, placed.begin,
                             placed.end, data.size()));
  }
  // Dividing rather than multiplying: a product could overflow.
  const std::uint64_t bytes = placed.end - placed.begin;
  if (bytes % type->bytes != 0 || bytes / type->bytes != static_cast<std::uint64_t>(count)) {
    refuse(file, fmt::format("tensor '{}' {} {} does not fill its {} bytes", name, tensor.type_name,
                             shape_text(tensor.shape), bytes));
  }
  tensor.data = data.data() + placed.begin;
  return placed;
}

}  // namespace

std::vector<StoredTensor> read_safetensors(const MappedFile& file) {
  const auto bytes = file.bytes();
  if (bytes.size() < 8) refuse(file, fmt::format("only {} bytes long", bytes.size()));
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data(), 8);
  if (header_bytes > kMaxHeaderBytes || header_bytes > bytes.size() - 8) {
    refuse(file,
           fmt::format("the header claims {} bytes, the file has {}", header_bytes, bytes.size()));
  }
  const auto* text = reinterpret_cast<const char*>(bytes.data()) + 8;
  const json header = parse_json({text, static_cast<std::size_t>(header_bytes)},
                                 file.path().string() + " (header)", DuplicateKeys::refused);
  if (!header.is_object()) refuse(file, "the header is not a JSON object");

  const auto data = bytes.subspan(8 + static_cast<std::size_t>(header_bytes));
  std::vector<Placed> placed;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    placed.push_back(read_entry(file, name, entry, data));
  }
  std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t end = 0;
  for (const Placed& each : placed) {
    if (each.begin != end) {
      refuse(file,
             fmt::format("tensor '{}' begins at byte {}, expected {}: data {}", each.tensor.name,
                         each.begin, end, each.begin < end ? "overlap" : "have a hole"));
    }
    end = each.end;
  }
  if (end != data.size()) {
    refuse(file, fmt::format("{} bytes of data, the header describes {}", data.size(), end));
  }
  std::vector<StoredTensor> tensors;
  tensors.reserve(placed.size());
  for (Placed& each : placed) tensors.push_back(std::move(each.tensor));
  return tensors;
}

}  // namespace fovea::vision
