// SPDX-License-Identifier: Apache-2.0
#include "pipeline/hub/pull.hpp"

#include <fstream>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/hub/blob.hpp"
#include "pipeline/hub/hub_client.hpp"
#include "vision/checkpoint/hub_cache.hpp"
#include "vision/checkpoint/hub_listing.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using vision::HubListing;
using vision::HubName;

constexpr std::size_t kMaxListingBytes = std::size_t{64} << 20;
constexpr std::chrono::milliseconds kProgressInterval{100};

HubListing list_files(HubClient& hub, const HubName& name) {
  const std::string url = fmt::format("{}/api/models/{}/revision/{}", hub.endpoint(),
                                      name.repository, percent_encode_segment(name.revision));
  std::string body;
  const auto make = [&] {
    body.clear();
    HttpRequest request;
    request.url = url;
    request.on_body = [&](const HttpResponse&, std::span<const std::byte> bytes) {
      if (body.size() + bytes.size() > kMaxListingBytes) {
        throw ModelError("the hub's list of files is too long", printable_url(url),
                         "check HF_ENDPOINT");
      }
      body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    return request;
  };
  hub.send(make, HubClient::Redirects::all,
           fmt::format("model '{}' at revision '{}'", name.repository, name.revision));
  return vision::parse_hub_listing(body, printable_url(url));
}

/// The weights' file, or the index of its shards.
std::string weights_of(const HubListing& listing, const HubName& name) {
  for (const char* file : {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                           "pytorch_model.bin.index.json"}) {
    if (listing.files.contains(file)) return file;
  }
  throw ModelError(
      fmt::format("'{}' has no model.safetensors or pytorch_model.bin at revision '{}'",
                  name.repository, name.revision),
      name.repository,
      "choose another revision (some repositories keep safetensors at refs/pr/N) or model");
}

/// Replaces what `link` was in one step.
void put_link(const fs::path& target, const fs::path& link) {
  const fs::path temporary = link.string() + ".new";
  fs::remove(temporary);
  fs::create_symlink(target, temporary);
  fs::rename(temporary, link);
}

void put_text(const std::string& text, const fs::path& file) {
  fs::create_directories(file.parent_path());
  const fs::path temporary = file.string() + ".new";
  std::ofstream(temporary) << text;
  fs::rename(temporary, file);
  sync_folder(file.parent_path());
}

/// One pull: the files one after the other, then the snapshot, then the ref.
class Pull {
 public:
  Pull(const HubName& name, const PullOptions& options)
      : name_(name), options_(options), hub_(options) {
    const fs::path root =
        options.cache_root.empty() ? vision::hub_cache_root() : options.cache_root;
    repository_ = vision::hub_repository_folder(root, name);
    folders_ = {repository_ / "blobs", root / ".locks" / repository_.filename()};
  }

  PulledModel run() {
    const HubListing listing = list_files(hub_, name_);
    if (!listing.files.contains("config.json")) {
      throw ModelError(fmt::format("'{}' has no config.json", name_.repository), name_.repository,
                       "choose a model in transformers' or timm's layout");
    }
    result_.commit = listing.commit;
    const std::string weights = weights_of(listing, name_);
    fs::create_directories(folders_.blobs);
    fs::create_directories(folders_.locks);

    std::vector<std::string> wanted{"config.json"};
    for (const char* file : {"preprocessor_config.json", "README.md"}) {
      if (listing.files.contains(file)) wanted.emplace_back(file);
    }
    wanted.push_back(weights);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const fs::path blob = fetch(wanted[i], i, wanted.size());
      if (i == 0) vision::require_supported_type(blob);
      if (wanted[i] != weights || !weights.ends_with(".index.json")) continue;
      for (const std::string& shard : vision::shard_names(blob)) wanted.push_back(shard);
    }
    publish();
    result_.files = static_cast<int>(files_.size());
    return result_;
  }

 private:
  fs::path fetch(const std::string& path, std::size_t index, std::size_t count) {
    const RemoteFile file = probe(hub_, name_.repository, result_.commit, path);
    auto last = std::chrono::steady_clock::time_point();
    const auto progress = [&](std::uint64_t done, std::uint64_t total) {
      const auto now = std::chrono::steady_clock::now();
      if (!options_.progress || (done != total && now - last < kProgressInterval)) return;
      last = now;
      options_.progress({path, done, total, static_cast<int>(index), static_cast<int>(count)});
    };
    result_.downloaded_bytes += fetch_blob(hub_, file, folders_, progress);
    files_.push_back(file);
    return folders_.blobs / file.etag;
  }

  /// config.json's link is made last: without it nothing takes the folder for a model.
  void publish() {
    result_.folder = repository_ / "snapshots" / result_.commit;
    fs::create_directories(result_.folder);
    for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
      put_link(fs::path("..") / ".." / "blobs" / file->etag, result_.folder / file->path);
    }
    sync_folder(result_.folder);
    if (name_.revision != result_.commit) {
      put_text(result_.commit, repository_ / "refs" / name_.revision);
    }
  }

  HubName name_;
  const PullOptions& options_;
  HubClient hub_;
  fs::path repository_;
  BlobFolders folders_;
  std::vector<RemoteFile> files_;
  PulledModel result_;
};

}  // namespace

PulledModel pull(std::string_view name, const PullOptions& options) {
  try {
    return Pull(vision::parse_hub_name(name), options).run();
  } catch (const fs::filesystem_error& error) {
    throw ModelError(
        fmt::format("cannot write to the model cache: {}", error.code().message()),
        error.path1().string(),
        "check that you may write there and that the disk is not full, or set HF_HUB_CACHE");
  }
}

}  // namespace fovea::pipeline
