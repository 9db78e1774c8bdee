// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/sources.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compute/error.hpp"
#include "pipeline/sources/folder_source.hpp"
#include "pipeline/sources/list_source.hpp"
#include "pipeline/sources/picture_kinds.hpp"
#include "pipeline/sources/stdin_source.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;

namespace {

/// One file, named by the user: read whatever its ending.
class FileSource : public Source {
 public:
  explicit FileSource(fs::path path) : path_(std::move(path)) {}
  std::optional<Outcome<Packet>> next() override {
    if (std::exchange(given_, true)) return std::nullopt;
    return named_picture(path_, path_.string());
  }

 private:
  fs::path path_;
  bool given_ = false;
};

std::string place_of(const SourceConfig& config) {
  if (config.place.line == 0) return config.path.string();
  return fmt::format("{} ({}:{}:{})", config.path.string(), config.place.file, config.place.line,
                     config.place.column);
}

}  // namespace

Sources::Sources(std::span<const SourceConfig> configs, SourceOptions options, bool sorted)
    : configs_(configs.begin(), configs.end()), options_(std::move(options)), sorted_(sorted) {
  for (const auto& config : configs_) {
    std::error_code error;
    if (config.kind == SourceKind::stdin_paths || fs::exists(config.path, error)) continue;
    throw ConfigError(error ? error.message() : "no such file or folder", place_of(config),
                      "check the spelling; relative paths start at the working folder");
  }
  if (!configs_.empty()) current_ = open(configs_.front());
}

Sources::~Sources() = default;

std::unique_ptr<Source> Sources::open(const SourceConfig& config) const {
  std::error_code error;
  switch (config.kind) {
    case SourceKind::list:
      return std::make_unique<ListSource>(config.path);
    case SourceKind::stdin_paths:
      return std::make_unique<StdinSource>(
          StdinOptions{options_.stdin_descriptor, options_.max_bytes, options_.stop});
    case SourceKind::path:
      break;
    case SourceKind::webcam:
    case SourceKind::rtsp:
    case SourceKind::mjpeg:
    case SourceKind::video:
      throw Error("a stream came onto the line of pictures", place_of(config),
                  "please report it: streams belong to the live line");
  }
  if (!fs::is_directory(config.path, error)) return std::make_unique<FileSource>(config.path);
  FolderOptions folder;
  folder.sorted = sorted_;
  for (const auto& path : options_.not_input) {
    folder.not_input.insert(fs::weakly_canonical(fs::absolute(path), error));
  }
  return std::make_unique<FolderSource>(config, std::move(folder));
}

std::optional<Outcome<Packet>> Sources::next() {
  if (ahead_) return std::exchange(ahead_, std::nullopt);
  return advance();
}

std::optional<Outcome<Packet>> Sources::advance() {
  while (current_) {
    if (auto packet = current_->next()) return packet;
    if (const auto* folder = dynamic_cast<const FolderSource*>(current_.get())) {
      passed_over_ += folder->passed_over();
    }
    current_.reset();
    if (++at_ < configs_.size()) current_ = open(configs_[at_]);
  }
  return std::nullopt;
}

bool Sources::any() {
  if (!ahead_) ahead_ = advance();
  return ahead_.has_value();
}

ConfigError Sources::nothing_found() const {
  std::vector<std::string> places;
  for (const auto& config : configs_) {
    std::string place =
        config.kind == SourceKind::stdin_paths ? "standard input" : place_of(config);
    if (config.kind == SourceKind::path && !config.recursive) place += " (not below it)";
    places.push_back(std::move(place));
  }
  const bool patterns = std::ranges::any_of(
      configs_, [](const auto& c) { return !c.include.empty() || !c.exclude.empty(); });
  std::string fix = patterns
                        ? "check the include and exclude patterns"
                        : fmt::format(
                              "a folder's files count as pictures if they end in {}; name a file "
                              "itself, or set include: [\"*.ending\"], for any other",
                              picture_endings());
  const std::string others = passed_over_ == 0
                                 ? std::string()
                                 : fmt::format(" ({} other file{} passed over)", passed_over_,
                                               passed_over_ == 1 ? "" : "s");
  return {"no pictures found" + others, fmt::format("{}", fmt::join(places, ", ")), fix};
}

std::optional<std::uint64_t> count_inputs(std::span<const SourceConfig> configs,
                                          const SourceOptions& options,
                                          const std::atomic<bool>& enough) {
  const bool endless =
      std::ranges::any_of(configs, [](const auto& c) { return c.kind == SourceKind::stdin_paths; });
  if (endless) return std::nullopt;
  Sources sources(configs, options, /*sorted=*/false);
  std::uint64_t count = 0;
  while (sources.next()) {
    if (enough.load()) return std::nullopt;
    ++count;
  }
  return count;
}

}  // namespace fovea::pipeline
