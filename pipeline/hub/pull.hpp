// SPDX-License-Identifier: Apache-2.0
#pragma once
// Downloads a model from the hub into the cache that Hugging Face's tools share.
// What lies in the cache afterwards is whole: blobs get their name when they are
// complete and checked, the snapshot's config.json and the ref come last.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace fovea::pipeline {

struct PullProgress {
  std::string file;                   // "model.safetensors"
  std::uint64_t done = 0, total = 0;  // bytes of this file
  int index = 0, count = 0;           // this is file index + 1 of count
};

struct PullOptions {
  std::string endpoint;              // empty: $HF_ENDPOINT, else https://huggingface.co
  std::string token;                 // empty: $HF_TOKEN, else none. Never printed
  std::filesystem::path cache_root;  // empty: vision::hub_cache_root()
  /// Called from pull()'s thread, at least once a file, at most a few times a second.
  std::function<void(const PullProgress&)> progress;

  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::seconds stall_timeout{30};   // slower than 1 kB/s for this long is an error
  int attempts = 5;                         // of one request without progress
  std::chrono::milliseconds backoff{1000};  // before the second attempt; then doubled
};

struct PulledModel {
  std::filesystem::path folder;        // the snapshot: what -m would find
  std::string commit;                  // 40 hexadecimal digits
  int files = 0;                       // in the snapshot
  std::uint64_t downloaded_bytes = 0;  // 0 when all was there already
};

/// `name` is org/name[@revision]; the revision a branch, tag, commit or refs/pr/N.
/// Fetches config.json, preprocessor_config.json, README.md and one set of weights
/// (safetensors before pytorch_model.bin); resumes what an earlier pull left unfinished.
/// Throws ModelError when the hub refuses or has no such model, the model is of a kind
/// Fovea does not run, a file is not what the hub promised, or the disk is full.
PulledModel pull(std::string_view name, const PullOptions& options = {});

}  // namespace fovea::pipeline
