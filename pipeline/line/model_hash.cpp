// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/model_hash.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <sys/stat.h>

#include "pipeline/line/answer_file.hpp"
#include "vision/checkpoint/weight_files.hpp"

namespace fovea::pipeline {

namespace {

constexpr std::chrono::seconds kSettled{2};  // the coarsest times that file systems keep

bool is_sha256(const Json& answer) {
  if (!answer.is_string()) return false;
  const auto& text = answer.get_ref<const std::string&>();
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// What tells these files from any others, and from themselves before a change; nothing where
/// that cannot be known.
std::optional<std::string> key_of(const vision::WeightFiles& weights,
                                  std::chrono::system_clock::time_point now) {
  std::string key;
  for (const vision::MappedFile& file : weights.files) {
    struct stat facts {};
    if (::stat(file.path().c_str(), &facts) != 0) return std::nullopt;
    const auto& changed = facts.st_ctim;
    if (now < std::chrono::system_clock::from_time_t(changed.tv_sec) + kSettled) {
      return std::nullopt;
    }
    key +=
        fmt::format("{}:{}:{}:{}.{:09}:{}.{:09} ", facts.st_dev, facts.st_ino, facts.st_size,
                    facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec, changed.tv_sec, changed.tv_nsec);
  }
  return key;
}

}  // namespace

std::string model_sha256(const vision::Checkpoint& checkpoint, const std::filesystem::path& memory,
                         std::chrono::system_clock::time_point now) {
  const auto key = key_of(checkpoint.weights(), now);
  if (memory.empty() || !key) return checkpoint.sha256();
  if (const auto known = recall_answer(memory, *key); known && is_sha256(*known)) {
    return known->get<std::string>();
  }
  const std::string& hash = checkpoint.sha256();
  if (key_of(checkpoint.weights(), now) == key) remember_answer(memory, *key, hash);
  return hash;
}

}  // namespace fovea::pipeline
