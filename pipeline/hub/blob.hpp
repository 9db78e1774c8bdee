// SPDX-License-Identifier: Apache-2.0
#pragma once
// One file of a repository on its way into the cache's blobs/ folder: it is named
// "<etag>.incomplete" until its size and hash are what the hub promised.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "pipeline/hub/hub_client.hpp"

namespace fovea::pipeline {

struct RemoteFile {
  std::string path;  // in the repository: "config.json"
  std::string url;   // .../resolve/<commit>/<path>
  std::string etag;  // a plain file name; sha256 of large files, git's id of others
  std::optional<std::uint64_t> size;  // where the hub says
};

/// Asks for size and hash of one file. Throws ModelError when the answer is not a hub's.
RemoteFile probe(HubClient& hub, const std::string& repository, const std::string& commit,
                 const std::string& path);

struct BlobFolders {
  std::filesystem::path blobs;  // models--org--name/blobs
  std::filesystem::path locks;  // .locks/models--org--name, as Hugging Face's tools use it
};

/// Bytes of the file so far and in all; in all is 0 where the hub does not say.
using BlobProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Downloads what is not there yet and returns how many bytes that was. Throws ModelError when
/// another process downloads the same file, the disk is full, or the content is not what was
/// promised.
std::uint64_t fetch_blob(HubClient& hub, const RemoteFile& file, const BlobFolders& folders,
                         const BlobProgress& progress);

/// Flushes a folder's entries to the disk, so that a rename in it survives a power cut.
void sync_folder(const std::filesystem::path& folder);

}  // namespace fovea::pipeline
