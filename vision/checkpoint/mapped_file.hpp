// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file's bytes mapped read-only. Pages are read when touched, so opening a
// checkpoint of gigabytes costs nothing until its tensors are used.

#include <cstddef>
#include <filesystem>
#include <span>

namespace fovea::vision {

class MappedFile {
 public:
  /// Throws ModelError when the file cannot be opened or is not a regular file.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  const std::filesystem::path& path() const noexcept { return path_; }
  /// Valid while this object lives; empty for an empty file.
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace fovea::vision
