// SPDX-License-Identifier: Apache-2.0
#pragma once
// The part of the zip format that torch.save writes: stored (uncompressed) entries,
// found through the central directory, with ZIP64 sizes.
// Format: PKWARE APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 to 4.3.16 and 4.5.3.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "vision/checkpoint/mapped_file.hpp"

namespace fovea::vision {

struct ZipEntry {
  std::string name;
  std::span<const std::byte> bytes;  // inside the mapped file
};

/// Every entry. Throws ModelError when the directory is malformed, an entry is compressed or
/// encrypted, lies outside the file or over another entry, or a name appears twice.
std::vector<ZipEntry> read_zip(const MappedFile& file);

}  // namespace fovea::vision
