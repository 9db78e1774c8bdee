// SPDX-License-Identifier: Apache-2.0
#pragma once
// Git's name for a file's content: the hub's ETag of files that are not in large-file storage.

#include <cstddef>
#include <span>
#include <string>

namespace fovea::pipeline {

/// SHA-1 (FIPS 180-4) over "blob <size>\0" and the content, in hexadecimal. A checksum
/// against damage here, not against forgery.
std::string git_blob_id(std::span<const std::byte> content);

}  // namespace fovea::pipeline
