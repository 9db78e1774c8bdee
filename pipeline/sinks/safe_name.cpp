// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/safe_name.hpp"

#include <algorithm>
#include <cstddef>

#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::size_t kNameBytes = 120;  // file systems allow 255; leaves room to be copied around

std::string lower_ascii(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

}  // namespace

std::string safe_name(std::string_view label) {
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

std::string FolderNames::of(int id, std::string_view label) {
  std::string name = safe_name(label);
  if (name.empty()) name = "class_" + std::to_string(id);
  while (!taken_.insert(lower_ascii(name)).second) name += "_" + std::to_string(id);
  return name;
}

std::vector<std::string> folder_names(const std::vector<std::string>& labels) {
  FolderNames folders;
  std::vector<std::string> names;
  for (std::size_t id = 0; id < labels.size(); ++id) {
    names.push_back(folders.of(static_cast<int>(id), labels[id]));
  }
  return names;
}

}  // namespace fovea::pipeline
