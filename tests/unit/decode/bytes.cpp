// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/decode/bytes.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/support/places.hpp"

namespace fovea::pipeline::test {

File bytes_of(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

File operator+(File a, const File& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

File big(std::uint64_t value, std::size_t size) {
  File file;
  for (std::size_t i = size; i-- > 0;) file.push_back(static_cast<std::byte>(value >> (8 * i)));
  return file;
}

File little(std::uint64_t value, std::size_t size) {
  File file = big(value, size);
  std::reverse(file.begin(), file.end());
  return file;
}

File png_chunk(std::string_view type, const File& data) {
  const File body = bytes_of(type) + data;
  std::uint32_t crc = ~std::uint32_t{0};
  for (const std::byte byte : body) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
  }
  return big(data.size(), 4) + body + big(~crc, 4);
}

File png_claiming(std::uint32_t width, std::uint32_t height) {
  const File header = big(width, 4) + big(height, 4) + bytes_of({"\x08\x02\0\0\0", 5});
  return bytes_of("\x89PNG\r\n\x1a\n") + png_chunk("IHDR", header) +
         png_chunk("IDAT", bytes_of("nonsense")) + png_chunk("IEND", {});
}

File read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return bytes_of(text);
}

std::vector<std::filesystem::path> golden_pictures() {
  std::vector<std::filesystem::path> paths;
  const auto folder = fovea::test::source_dir() / "tests/golden/decode/data";
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() != ".npy") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string reason(const File& file, const DecodeOptions& options) {
  try {
    decode_bytes(file, options);
  } catch (const FrameError& error) {
    return error.what();
  }
  return {};
}

}  // namespace fovea::pipeline::test
