// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/json_text.hpp"

#include <cmath>

#include <fmt/core.h>

namespace fovea::pipeline {
namespace {

/// Length of the well-formed UTF-8 sequence at the start of `text`; 0 where there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  std::size_t length = 0;
  std::uint32_t code = 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) {
    length = 2;
    code = lead & 0x1fU;
  } else if (lead >= 0xe0 && lead < 0xf0) {
    length = 3;
    code = lead & 0x0fU;
  } else if (lead >= 0xf0 && lead < 0xf5) {
    length = 4;
    code = lead & 0x07U;
  } else {
    return 0;
  }
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
    code = (code << 6U) | (byte(i) & 0x3fU);
  }
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return too_long || surrogate || code > 0x10ffff ? 0 : length;
}

}  // namespace

std::string json_quoted(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const char c = text[0];
    if (length == 0) {
      quoted += "\xef\xbf\xbd";
    } else if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return quoted + "\"";
}

void JsonText::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_members_.empty()) return;
  text_ += has_members_.back() ? ",\n" : "\n";
  text_.append(has_members_.size() * 2, ' ');
  has_members_.back() = true;
}

void JsonText::open(char bracket) {
  before_value();
  text_ += bracket;
  has_members_.push_back(false);
}

void JsonText::close(char bracket) {
  const bool had_members = has_members_.back();
  has_members_.pop_back();
  if (had_members) {
    text_ += '\n';
    text_.append(has_members_.size() * 2, ' ');
  }
  text_ += bracket;
}

JsonText& JsonText::begin_object() {
  open('{');
  return *this;
}
JsonText& JsonText::end_object() {
  close('}');
  return *this;
}
JsonText& JsonText::begin_array() {
  open('[');
  return *this;
}
JsonText& JsonText::end_array() {
  close(']');
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  before_value();
  text_ += json_quoted(name) + ": ";
  after_key_ = true;
  return *this;
}

JsonText& JsonText::raw(std::string_view text) {
  before_value();
  text_ += text;
  return *this;
}

JsonText& JsonText::value(std::string_view text) { return raw(json_quoted(text)); }
JsonText& JsonText::value(bool flag) { return raw(flag ? "true" : "false"); }
JsonText& JsonText::null() { return raw("null"); }
JsonText& JsonText::value(double number) {
  return std::isfinite(number) ? raw(fmt::format("{}", number)) : null();
}

std::string JsonText::line() const {
  std::string flat;
  bool quoted = false;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    const char c = text_[i];
    if (quoted) {
      flat += c;
      if (c == '\\') flat += text_[++i];
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
      flat += c;
    } else if (c == '\n') {
      while (i + 1 < text_.size() && text_[i + 1] == ' ') ++i;
    } else {
      flat += c;
    }
  }
  return flat + "\n";
}

}  // namespace fovea::pipeline
