// SPDX-License-Identifier: Apache-2.0
#pragma once
// Picture files made or read by the decoder's tests.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/decode/decode.hpp"

namespace fovea::pipeline::test {

using File = std::vector<std::byte>;

File bytes_of(std::string_view text);
File operator+(File a, const File& b);
/// `value` as `size` bytes, most or least significant first.
File big(std::uint64_t value, std::size_t size);
File little(std::uint64_t value, std::size_t size);

/// A PNG chunk with its right checksum.
File png_chunk(std::string_view type, const File& data);
/// A PNG that claims a size and holds eight bytes of nonsense for its pixels.
File png_claiming(std::uint32_t width, std::uint32_t height);

File read(const std::filesystem::path& path);
/// The pictures of tests/golden/decode/data, sorted by name.
std::vector<std::filesystem::path> golden_pictures();

/// The reason with which `file` is refused; empty when it is decoded.
std::string reason(const File& file, const DecodeOptions& options = {});

}  // namespace fovea::pipeline::test
