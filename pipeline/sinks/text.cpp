// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

namespace fovea::pipeline {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Character {
  std::string_view bytes;
  char32_t code = 0;
  bool valid = false;
};

// Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {text.substr(0, 1), lead, true};
  std::size_t length = 0;
  char32_t code = 0;
  char32_t smallest = 0;
  if ((lead & 0xE0) == 0xC0) {
    length = 2, code = lead & 0x1F, smallest = 0x80;
  } else if ((lead & 0xF0) == 0xE0) {
    length = 3, code = lead & 0x0F, smallest = 0x800;
  } else if ((lead & 0xF8) == 0xF0) {
    length = 4, code = lead & 0x07, smallest = 0x10000;
  }
  const Character bad{text.substr(0, 1), 0xFFFD, false};
  if (length == 0 || text.size() < length) return bad;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return bad;
    code = (code << 6) | (byte(i) & 0x3F);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest || code > 0x10FFFF || surrogate) return bad;
  return {text.substr(0, length), code, true};
}

template <class Visit>
void for_each_character(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const Character c = first_character(text);
    visit(c);
    text.remove_prefix(c.bytes.size());
  }
}

bool is_control(char32_t code) {
  const bool c0_c1 = code < 0x20 || (code >= 0x7F && code < 0xA0);
  const bool bidi =
      (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0x200F;
  return c0_c1 || bidi;
}

struct Range {
  char32_t first, last;
};

// Unicode's EastAsianWidth W and F, in blocks, and the emoji that terminals draw wide.
constexpr std::array<Range, 14> kWide{{{0x1100, 0x115F},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0x33FF},
                                       {0x3400, 0x4DBF},
                                       {0x4E00, 0x9FFF},
                                       {0xA000, 0xA4CF},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1F64F},
                                       {0x1F900, 0x1F9FF},
                                       {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 6> kNoWidth{{{0x0300, 0x036F},
                                         {0x1AB0, 0x1AFF},
                                         {0x1DC0, 0x1DFF},
                                         {0x200B, 0x200D},
                                         {0x20D0, 0x20FF},
                                         {0xFE00, 0xFE0F}}};

bool in(std::span<const Range> ranges, char32_t code) {
  return std::ranges::any_of(ranges, [code](Range r) { return code >= r.first && code <= r.last; });
}

int width_of(char32_t code) {
  if (in(kNoWidth, code)) return 0;
  return in(kWide, code) ? 2 : 1;
}

}  // namespace

bool is_utf8(std::string_view text) {
  bool valid = true;
  for_each_character(text, [&](const Character& c) { valid = valid && c.valid; });
  return valid;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  for_each_character(text, [&](const Character& c) { out += c.valid ? c.bytes : kReplacement; });
  return out;
}

std::string source_field(std::string_view path) {
  if (is_utf8(path) && !path.starts_with("file:")) return std::string(path);
  return "file:" + percent_encode_path(path);
}

std::string percent_encode_path(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string html_escape(std::string_view text) {
  std::string out;
  for_each_character(text, [&](const Character& c) {
    switch (c.code) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\t':
      case '\n':
        out += c.bytes;
        break;
      default:
        out += c.valid && !is_control(c.code) ? c.bytes : kReplacement;
    }
  });
  return out;
}

std::string base64(std::span<const unsigned char> bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16;
    if (left > 1) group |= static_cast<std::uint32_t>(bytes[i + 1]) << 8;
    if (left > 2) group |= bytes[i + 2];
    out += kAlphabet[group >> 18 & 63];
    out += kAlphabet[group >> 12 & 63];
    out += left > 1 ? kAlphabet[group >> 6 & 63] : '=';
    out += left > 2 ? kAlphabet[group & 63] : '=';
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  for_each_character(text, [&](const Character& c) {
    out += c.valid && !is_control(c.code) ? c.bytes : kReplacement;
  });
  return out;
}

int columns(std::string_view text) {
  int width = 0;
  for_each_character(text, [&](const Character& c) { width += width_of(c.code); });
  return width;
}

std::string fit(std::string_view text, int width, Cut cut, std::string_view ellipsis) {
  const int have = columns(text);
  if (have <= width) {
    return std::string(text) + std::string(static_cast<std::size_t>(width - have), ' ');
  }
  std::vector<Character> characters;
  for_each_character(text, [&](const Character& c) { characters.push_back(c); });
  const int room = std::max(0, width - columns(ellipsis));
  std::string kept;
  int used = 0;
  if (cut == Cut::end) {
    for (const Character& c : characters) {
      if (used + width_of(c.code) > room) break;
      kept += c.bytes;
      used += width_of(c.code);
    }
    kept += ellipsis;
  } else {
    auto first = characters.end();
    while (first != characters.begin() && used + width_of(std::prev(first)->code) <= room) {
      --first;
      used += width_of(first->code);
    }
    kept = ellipsis;
    for (; first != characters.end(); ++first) kept += first->bytes;
  }
  used += columns(ellipsis);
  if (used < width) kept += std::string(static_cast<std::size_t>(width - used), ' ');
  return kept;
}

std::string with_commas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::ptrdiff_t i = std::ssize(digits) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), ",");
  }
  return digits;
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return with_commas(number) + " " + std::string(number == 1 ? one : many);
}

std::string filters_text(const std::map<std::string, std::uint64_t>& filtered_by) {
  std::string text;
  for (const auto& [stage, count] : filtered_by) {
    text += (text.empty() ? "" : ", ") + stage + " " + with_commas(count);
  }
  const bool filter_alone = filtered_by.size() == filtered_by.count("filter");
  return filter_alone ? "" : " (" + text + ")";
}

}  // namespace fovea::pipeline
