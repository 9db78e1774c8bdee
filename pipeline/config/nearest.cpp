// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace fovea::pipeline {
namespace {

/// Longer words are compared by their beginnings: a name is short, a pasted text is not.
constexpr std::size_t kMaxCompared = 64;

std::string folded(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, kMaxCompared)) {
    if (c == '-' || c == '_' || c == ' ') continue;
    result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

}  // namespace

int edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kMaxCompared);
  b = b.substr(0, kMaxCompared);
  std::vector<int> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string nearest_name(std::string_view word, std::span<const std::string> candidates) {
  const std::string sought = folded(word);
  if (sought.empty()) return {};
  const std::string* best = nullptr;
  int best_distance = 1 + std::max<int>(1, (static_cast<int>(sought.size()) + 1) / 3);
  for (const std::string& candidate : candidates) {
    const int distance = edit_distance(sought, folded(candidate));
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  constexpr int kSlips = 2;  // beyond them a name that is contained is the better guess
  if (best != nullptr && best_distance <= kSlips) return *best;
  constexpr std::size_t kTelling = 3;  // shorter parts are found in anything
  std::size_t longest = 0;
  for (const std::string& candidate : candidates) {
    const std::string name = folded(candidate);
    const std::size_t shared = std::min(sought.size(), name.size());
    const bool contained =
        sought.find(name) != std::string::npos || name.find(sought) != std::string::npos;
    if (contained && shared >= kTelling && shared > longest) {
      best = &candidate;
      longest = shared;
    }
  }
  return best == nullptr ? std::string() : *best;
}

}  // namespace fovea::pipeline
