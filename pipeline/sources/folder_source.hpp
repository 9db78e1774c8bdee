// SPDX-License-Identifier: Apache-2.0
#pragma once
// The pictures of a folder, one folder level at a time: what is kept in memory is the
// names of the folders on the way down, never the whole tree.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/run_config.hpp"
#include "pipeline/sources/glob.hpp"
#include "pipeline/sources/source.hpp"

namespace fovea::pipeline {

struct FolderOptions {
  /// Absolute, normal paths that are output of this run: never taken for input.
  std::set<std::filesystem::path> not_input;
  /// false: in the order of the file system, for counting.
  bool sorted = true;
};

/// Files in natural order, folders where their name stands among them. Hidden names are
/// left out. Links to files are read; links to folders are followed on demand, and a link
/// back to a folder on the way down ends there. A folder that cannot be read, or a link
/// that is not followed or leads nowhere, comes out as a Failure.
class FolderSource : public Source {
 public:
  /// Throws ConfigError when the folder cannot be opened or a pattern is malformed.
  FolderSource(const SourceConfig& config, FolderOptions options = {});

  std::optional<Outcome<Packet>> next() override;
  /// Files seen so far whose ending is not a picture's, or that the patterns left out.
  std::uint64_t passed_over() const noexcept { return passed_over_; }

 private:
  enum class Kind : std::uint8_t { file, folder, other };
  struct Entry {
    std::uint32_t offset = 0;  // of its name in Level::names
    std::uint16_t length = 0;  // NAME_MAX is 255 bytes
    Kind kind = Kind::other;
    bool is_link = false;
  };
  /// One open folder: its names in one block, its entries by reference.
  struct Level {
    std::filesystem::path folder;
    std::filesystem::path real;  // with links resolved: what a link back is known by
    std::string below;           // "a/b/": relative to the root, ends in '/' unless empty
    std::string names;
    std::vector<Entry> entries;
    std::size_t at = 0;

    std::string_view name(const Entry& entry) const {
      return std::string_view(names).substr(entry.offset, entry.length);
    }
  };

  std::error_code open(std::filesystem::path folder, std::string below);
  std::optional<Failure> descend(std::filesystem::path folder, std::string below, bool is_link);
  bool wanted(std::string_view below, std::string_view name) const;
  bool excluded(std::string_view below, bool is_folder) const;
  bool is_output(const Level& level, std::string_view name) const;

  SourceConfig config_;
  FolderOptions options_;
  std::vector<Glob> include_, exclude_;
  std::vector<Level> levels_;  // from the root down
  std::uint64_t passed_over_ = 0;
};

}  // namespace fovea::pipeline
