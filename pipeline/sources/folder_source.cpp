// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/folder_source.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/sources/natural_order.hpp"
#include "pipeline/sources/picture_kinds.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;

namespace {

Failure failure(const fs::path& path, std::string reason) {
  return Failure{FrameTag{0, path.string(), 0, {}}, path, "source", std::move(reason), 0};
}

}  // namespace

FolderSource::FolderSource(const SourceConfig& config, FolderOptions options)
    : config_(config), options_(std::move(options)) {
  for (const auto& pattern : config.include) include_.emplace_back(pattern);
  for (const auto& pattern : config.exclude) exclude_.emplace_back(pattern);
  if (const std::error_code error = open(config.path, {})) {
    throw ConfigError(fmt::format("the folder cannot be read: {}", error.message()),
                      config.path.string(), "check its permissions");
  }
}

std::error_code FolderSource::open(fs::path folder, std::string below) {
  std::error_code error;
  Level level;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string& path = entry->path().native();
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    if (name.starts_with('.')) continue;
    std::error_code unknown;  // a link to nowhere, or a file that has just gone
    Entry found{static_cast<std::uint32_t>(level.names.size()),
                static_cast<std::uint16_t>(name.size()), Kind::other, entry->is_symlink(unknown)};
    if (entry->is_directory(unknown)) {
      found.kind = Kind::folder;
    } else if (entry->is_regular_file(unknown)) {
      found.kind = Kind::file;
    }
    level.names += name;
    level.entries.push_back(found);
  }
  if (error) return error;
  level.real = fs::canonical(folder, error);
  if (error) return error;
  if (options_.sorted) {
    std::ranges::sort(level.entries, [&](const Entry& a, const Entry& b) {
      return natural_less(level.name(a), level.name(b));
    });
  }
  level.folder = std::move(folder);
  level.below = std::move(below);
  levels_.push_back(std::move(level));
  return {};
}

std::optional<Outcome<Packet>> FolderSource::next() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.at == level.entries.size()) {
      levels_.pop_back();
      continue;
    }
    const Entry entry = level.entries[level.at++];
    const std::string below = fmt::format("{}{}", level.below, level.name(entry));
    const bool is_folder = entry.kind == Kind::folder;
    if (excluded(below, is_folder) || is_output(level, level.name(entry))) {
      passed_over_ += is_folder ? 0 : 1;
      continue;
    }
    if (is_folder) {
      if (!config_.recursive) continue;
      if (auto found = descend(level.folder / level.name(entry), below + '/', entry.is_link)) {
        return std::move(*found);
      }
      continue;
    }
    if (!wanted(below, level.name(entry))) {
      ++passed_over_;
      continue;
    }
    fs::path path = level.folder / level.name(entry);
    if (entry.kind == Kind::other) {
      return failure(path, entry.is_link ? "the link leads nowhere" : "not a regular file");
    }
    std::string source = path.string();
    return Packet{FrameTag{0, std::move(source), 0, {}}, std::move(path), {}};
  }
  return std::nullopt;
}

/// Goes down into a folder. A Failure where that cannot be done.
std::optional<Failure> FolderSource::descend(fs::path folder, std::string below, bool is_link) {
  if (is_link) {
    if (!config_.follow_links) {
      return failure(folder, "a link to a folder, not followed (follow_links: true follows)");
    }
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    const bool leads_back = std::ranges::any_of(
        levels_, [&](const Level& on_the_way) { return on_the_way.real == real; });
    if (leads_back) return failure(folder, "the link leads back to a folder it lies in");
  }
  if (const std::error_code error = open(folder, std::move(below))) {
    return failure(folder, fmt::format("the folder cannot be read: {}", error.message()));
  }
  return std::nullopt;
}

bool FolderSource::wanted(std::string_view below, std::string_view name) const {
  if (include_.empty()) return has_picture_ending(name);
  // "cats/**" narrows the pictures down; "*.dat" says itself what a picture is.
  return std::ranges::any_of(include_, [&](const Glob& glob) {
    return (glob.names_ending() || has_picture_ending(name)) && glob.matches(below, false);
  });
}

bool FolderSource::excluded(std::string_view below, bool is_folder) const {
  return std::ranges::any_of(exclude_,
                             [&](const Glob& glob) { return glob.matches(below, is_folder); });
}

bool FolderSource::is_output(const Level& level, std::string_view name) const {
  return !options_.not_input.empty() && options_.not_input.contains(level.real / name);
}

}  // namespace fovea::pipeline
