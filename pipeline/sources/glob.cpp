// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/glob.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::pipeline {

namespace {

constexpr std::size_t kMaxAlternatives = 1000;  // {a,b}{a,b}... doubles with every brace

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

[[noreturn]] void refuse(std::string_view pattern, const std::string& what) {
  throw ConfigError(what, fmt::format("pattern '{}'", pattern),
                    "close it, or write [[] for a bracket and [{] for a brace");
}

/// Where the class that opens at `at` closes; npos if it does not.
std::size_t class_end(std::string_view pattern, std::size_t at) {
  std::size_t i = at + 1;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) ++i;
  return pattern.find(']', i + 1);  // a ] that comes first stands for itself
}

bool in_class(std::string_view members, char c) {
  const bool negated = members.front() == '!' || members.front() == '^';
  if (negated) members.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto low = static_cast<unsigned char>(folded(members[i]));
    auto high = low;
    if (i + 2 < members.size() && members[i + 1] == '-') {
      high = static_cast<unsigned char>(folded(members[i + 2]));
      i += 2;
    }
    const auto tested = static_cast<unsigned char>(folded(c));
    found = found || (low <= tested && tested <= high);
  }
  return found != negated;
}

/// Matches a pattern without braces. `*` tries its lengths from the shortest and, as only
/// the last `*` needs to be tried again, takes at most pattern x text steps; `**` recurses.
bool match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, star_text = 0;
  while (true) {
    if (pattern.substr(p).starts_with("**/")) {
      std::string_view rest = text.substr(t);
      if (match(pattern.substr(p + 3), rest)) return true;
      for (std::size_t slash = rest.find('/'); slash != std::string_view::npos;
           slash = rest.find('/', slash + 1)) {
        if (match(pattern.substr(p + 3), rest.substr(slash + 1))) return true;
      }
    } else if (pattern.substr(p) == "**") {
      return true;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
      continue;
    } else if (p == pattern.size() && t == text.size()) {
      return true;
    } else if (p < pattern.size() && t < text.size()) {
      bool fits = false;
      std::size_t next = p + 1;
      if (pattern[p] == '?') {
        fits = text[t] != '/';
      } else if (pattern[p] == '[') {
        const std::size_t end = class_end(pattern, p);
        fits = text[t] != '/' && in_class(pattern.substr(p + 1, end - p - 1), text[t]);
        next = end + 1;
      } else {
        fits = folded(pattern[p]) == folded(text[t]);
      }
      if (fits) {
        p = next;
        ++t;
        continue;
      }
    }
    // Let the last * take one character more, if it may.
    if (star == std::string_view::npos || star_text == text.size() || text[star_text] == '/') {
      return false;
    }
    p = star + 1;
    t = ++star_text;
  }
}

/// Writes the first brace out and goes on with each result.
void expand(std::string_view whole, const std::string& pattern, std::vector<std::string>& out) {
  std::size_t open = std::string::npos;
  for (std::size_t i = 0; i < pattern.size() && open == std::string::npos; ++i) {
    if (pattern[i] == '[') {
      const std::size_t end = class_end(pattern, i);
      if (end == std::string::npos) refuse(whole, "'[' is not closed");
      i = end;
    } else if (pattern[i] == '{') {
      open = i;
    }
  }
  if (open == std::string::npos) {
    if (out.size() == kMaxAlternatives) refuse(whole, "the braces stand for too many patterns");
    out.push_back(pattern);
    return;
  }
  std::vector<std::string> choices(1);
  int depth = 1;
  std::size_t i = open + 1;
  for (; i < pattern.size(); ++i) {
    if (pattern[i] == '{') ++depth;
    if (pattern[i] == '}' && --depth == 0) break;
    if (pattern[i] == ',' && depth == 1) {
      choices.emplace_back();
    } else {
      choices.back() += pattern[i];
    }
  }
  if (depth > 0) refuse(whole, "'{' is not closed");
  for (const auto& choice : choices) {
    expand(whole, pattern.substr(0, open) + choice + pattern.substr(i + 1), out);
  }
}

}  // namespace

Glob::Glob(std::string_view pattern) {
  std::string body(pattern);
  if (body.starts_with("./")) body.erase(0, 2);
  if (body.size() > 1 && body.ends_with('/')) {
    folders_only_ = true;
    body.pop_back();
  }
  whole_path_ = body.find('/') != std::string::npos;
  if (body.starts_with('/')) body.erase(0, 1);  // "/a" means: a, directly below the folder
  expand(pattern, body, alternatives_);
  names_ending_ = std::ranges::all_of(alternatives_, [](const std::string& one) {
    const std::size_t dot = one.find_last_of(".*?[]/");
    return dot != std::string::npos && one[dot] == '.' && dot + 1 < one.size();
  });
}

bool Glob::matches(std::string_view path, bool is_folder) const {
  if (folders_only_ && !is_folder) return false;
  const std::string_view tested = whole_path_ ? path : path.substr(path.rfind('/') + 1);
  return std::ranges::any_of(alternatives_,
                             [&](const std::string& one) { return match(one, tested); });
}

}  // namespace fovea::pipeline
