// SPDX-License-Identifier: Apache-2.0
#pragma once
// A folder that a test fills and that goes when the test does.

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "pipeline/sources/source.hpp"

namespace fovea::pipeline {

class TempTree {
 public:
  TempTree() {
    static std::atomic<int> count{0};
    root_ = std::filesystem::temp_directory_path() /
            fmt::format("fovea-test-{}-{}", ::getpid(), count++);
    std::filesystem::create_directories(root_);
  }
  ~TempTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path file(const std::string& below, const std::string& content = "x") const {
    const auto path = root_ / below;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  std::filesystem::path folder(const std::string& below) const {
    std::filesystem::create_directories(root_ / below);
    return root_ / below;
  }
  void link(const std::string& below, const std::filesystem::path& target) const {
    std::filesystem::create_symlink(target, root_ / below);
  }

 private:
  std::filesystem::path root_;
};

/// What a source gives, as text: "a/b.jpg", or "! a: reason"; paths below `root`.
inline std::vector<std::string> names(Source& source, const std::filesystem::path& root) {
  std::vector<std::string> out;
  while (auto item = source.next()) {
    if (const auto* failure = std::get_if<Failure>(&*item)) {
      out.push_back(fmt::format("! {}: {}", failure->path.lexically_relative(root).string(),
                                failure->reason));
    } else {
      const auto& packet = std::get<Packet>(*item);
      out.push_back(packet.path.lexically_relative(root).string());
    }
  }
  return out;
}

}  // namespace fovea::pipeline
