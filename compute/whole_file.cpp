// SPDX-License-Identifier: Apache-2.0
#include "compute/whole_file.hpp"

#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

namespace fovea::compute {

bool replace_file(const std::filesystem::path& file,
                  std::initializer_list<std::span<const std::byte>> parts) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  const std::filesystem::path temporary = fmt::format("{}.{}", file.string(), getpid());
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    for (const std::span<const std::byte> part : parts) {
      out.write(reinterpret_cast<const char*>(part.data()),
                static_cast<std::streamsize>(part.size()));
    }
    out.flush();
    if (!out) {
      std::filesystem::remove(temporary, error);
      return false;
    }
  }
  std::filesystem::rename(temporary, file, error);
  if (!error) return true;
  std::filesystem::remove(temporary, error);
  return false;
}

}  // namespace fovea::compute
