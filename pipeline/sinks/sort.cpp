// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

#include "compute/error.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/place_file.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::string_view kUnsure = "_unsure";
constexpr std::size_t kNameBytes = 120;  // file systems allow 255; leaves room to be copied around

std::string lower_ascii(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

// One label as a folder name. "" where nothing usable is left.
std::string folder_name(std::string_view label) {
  // What Windows and network shares refuse is refused everywhere: folders travel.
  constexpr std::string_view kRefused = "/\\:*?\"<>|";
  std::string name = to_utf8(label);
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || kRefused.find(c) != std::string_view::npos) c = '_';
  }
  if (name.size() > kNameBytes) {
    std::size_t cut = kNameBytes;
    while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xC0) == 0x80) --cut;
    name.resize(cut);
  }
  while (!name.empty() && (name.back() == ' ' || name.back() == '.')) name.pop_back();
  name.erase(0, name.find_first_not_of(' '));
  if (!name.empty() && name.front() == '.') name.front() = '_';
  return name;
}

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
    if (frame.labels.empty()) return std::string(kUnsure);
    const vision::Label& best = frame.labels.front();
    if (static_cast<double>(best.score) < config_.min_score) return std::string(kUnsure);
    return folders_.at(static_cast<std::size_t>(best.id));
  }

  SortConfig config_;
  std::vector<std::string> folders_;
};

}  // namespace

std::vector<std::string> folder_names(const std::vector<std::string>& labels) {
  std::set<std::string> taken = {std::string(kUnsure)};
  std::vector<std::string> names;
  for (std::size_t id = 0; id < labels.size(); ++id) {
    std::string name = folder_name(labels[id]);
    if (name.empty()) name = "class_" + std::to_string(id);
    while (!taken.insert(lower_ascii(name)).second) name += "_" + std::to_string(id);
    names.push_back(std::move(name));
  }
  return names;
}

std::unique_ptr<Sink> make_sort_sink(const SortConfig& config,
                                     const std::vector<std::string>& labels) {
  return std::make_unique<SortSink>(config, labels);
}

}  // namespace fovea::pipeline
