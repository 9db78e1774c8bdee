// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/safetensors_writer.hpp"

#include <array>
#include <cassert>
#include <utility>

#include <nlohmann/json.hpp>

#include "compute/error.hpp"

namespace fovea::vision {

SafetensorsWriter::SafetensorsWriter(std::filesystem::path file,
                                     std::vector<SafetensorsEntry> entries,
                                     const std::map<std::string, std::string>& metadata)
    : path_(std::move(file)), entries_(std::move(entries)), file_(path_, std::ios::binary) {
  nlohmann::json header{{"__metadata__", metadata}};
  std::uint64_t offset = 0;
  for (const SafetensorsEntry& entry : entries_) {
    header[entry.name] = {{"dtype", entry.type},
                          {"shape", entry.shape},
                          {"data_offsets", {offset, offset + entry.bytes}}};
    offset += entry.bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data begin aligned
  std::array<char, 8> length{};
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i));
  write(std::as_bytes(std::span(length)));
  write(std::as_bytes(std::span(text)));
}

void SafetensorsWriter::append(std::span<const std::byte> data) {
  assert(next_ < entries_.size() && data.size() == entries_[next_].bytes);
  write(data);
  ++next_;
}

void SafetensorsWriter::finish() {
  assert(next_ == entries_.size());
  file_.close();
  write({});
}

void SafetensorsWriter::write(std::span<const std::byte> data) {
  if (!data.empty()) {
    file_.write(reinterpret_cast<const char*>(data.data()),
                static_cast<std::streamsize>(data.size()));
  }
  if (file_.fail()) {
    throw ModelError("the weights cannot be written", path_.string(),
                     "free space there, or choose another folder");
  }
}

}  // namespace fovea::vision
