// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compute/error.hpp"
#include "pipeline/config/nearest.hpp"
#include "pipeline/eval/dataset.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::size_t kListed = 20;
constexpr int kAmbiguous = -1;

// "Sea_Lion " -> "sea lion"
std::string normal(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::map<std::string, int> names_of(std::span<const std::string> labels) {
  std::map<std::string, int> whole;
  std::map<std::string, int> parts;
  const auto claim = [](std::map<std::string, int>& names, const std::string& name, int id) {
    const auto [at, fresh] = names.emplace(name, id);
    if (!fresh && at->second != id) at->second = kAmbiguous;
  };
  for (std::size_t id = 0; id < labels.size(); ++id) {
    claim(whole, normal(labels[id]), static_cast<int>(id));
    std::string_view rest = labels[id];
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      claim(parts, normal(rest.substr(0, comma)), static_cast<int>(id));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  whole.merge(parts);  // a whole label goes before a part of another
  return whole;
}

std::string listed(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kListed);
  std::string text = fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", "));
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

}  // namespace

std::vector<int> match_classes(const Dataset& dataset, std::span<const std::string> labels) {
  const std::map<std::string, int> names = names_of(labels);
  const std::vector<std::string> all(labels.begin(), labels.end());
  std::vector<int> ids;
  std::vector<std::string> lost;
  for (const ClassFolder& one : dataset.classes) {
    const auto at = names.find(normal(one.label));
    if (at != names.end() && at->second != kAmbiguous) {
      ids.push_back(at->second);
      continue;
    }
    std::string words = "'" + one.label + "'";
    if (one.label != one.folder) words += " (folder '" + one.folder + "')";
    if (at != names.end()) {
      words += " (several classes have this name)";
    } else if (const std::string near = nearest_name(normal(one.label), all); !near.empty()) {
      words += " (did you mean '" + near + "'?)";
    }
    lost.push_back(words);
  }
  if (!lost.empty()) {
    throw ConfigError(
        fmt::format("{} of {} class folders {} no class of this model: {}\n  the model's {} "
                    "classes: {}",
                    lost.size(), dataset.classes.size(), lost.size() == 1 ? "is" : "are",
                    listed(lost), labels.size(), listed(all)),
        dataset.root.string(),
        "rename the folders, or write a DATASET.yaml whose 'classes' maps folders to classes");
  }
  return ids;
}

}  // namespace fovea::pipeline
