// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>
#include <variant>

#include "compute/error.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/place_file.hpp"
#include "pipeline/sinks/safe_name.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::string_view kUnsure = "_unsure";
class SortSink final : public Sink {
 public:
  SortSink(const SortConfig& config, const std::vector<std::string>& labels)
      : config_(config), folders_(folder_names(labels)) {
    make_parent_folder(config_.dir / "x");
  }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;  // what cannot be read stays where it is
    if (frame->path.empty()) {
      throw ConfigError("a picture from standard input has no file to sort",
                        printable(frame->tag.source),
                        "give the sort sink files, folders or a list of paths");
    }
    place_file(frame->path, config_.dir / folder_for(*frame), config_.mode);
  }

 private:
  std::string folder_for(const Frame& frame) const {
    if (frame.labels.empty()) return std::string(kUnsureFolder);
    const vision::Label& best = frame.labels.front();
    if (static_cast<double>(best.score) < config_.min_score) return std::string(kUnsureFolder);
    return folders_.at(static_cast<std::size_t>(best.id));
  }

  SortConfig config_;
  std::vector<std::string> folders_;
};

}  // namespace

std::unique_ptr<Sink> make_sort_sink(const SortConfig& config,
                                     const std::vector<std::string>& labels) {
  return std::make_unique<SortSink>(config, labels);
}

}  // namespace fovea::pipeline
