// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes a safetensors file tensor by tensor, so that no more than one is in memory.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace fovea::vision {

struct SafetensorsEntry {
  std::string name;
  std::string type;  // "F32"
  std::vector<std::int64_t> shape;
  std::uint64_t bytes = 0;
};

class SafetensorsWriter {
 public:
  /// Writes the header; `metadata` is text that other tools show ({"format", "pt"}).
  /// Throws ModelError, as append() and finish() do, when the file cannot be written.
  SafetensorsWriter(std::filesystem::path file, std::vector<SafetensorsEntry> entries,
                    const std::map<std::string, std::string>& metadata);

  /// The next entry's data. Requires: exactly its size.
  void append(std::span<const std::byte> data);
  /// Requires: every entry was appended.
  void finish();

 private:
  void write(std::span<const std::byte> data);

  std::filesystem::path path_;
  std::vector<SafetensorsEntry> entries_;
  std::size_t next_ = 0;
  std::ofstream file_;
};

}  // namespace fovea::vision
