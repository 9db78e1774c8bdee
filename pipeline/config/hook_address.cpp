// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/hook_address.hpp"

#include <algorithm>
#include <optional>

namespace fovea::pipeline {
namespace {

struct Parts {
  std::string_view scheme, user, host, rest;  // host with its port, rest from its end on
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_host_letter(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
         c == '_';
}

/// "example.org", "example.org:8080", "[::1]:8080".
bool is_host(std::string_view text) {
  std::size_t end = 0;
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == std::string_view::npos) return false;
    const bool address = std::ranges::all_of(
        text.substr(1, end - 1), [](char c) { return is_host_letter(c) || c == ':' || c == '%'; });
    if (!address || ++end < 4) return false;
  } else {
    end = std::min(text.find(':'), text.size());
    if (end == 0 || !std::ranges::all_of(text.substr(0, end), is_host_letter)) return false;
  }
  if (end == text.size()) return true;
  const std::string_view port = text.substr(end + 1);
  return text[end] == ':' && !port.empty() && port.size() <= 5 &&
         std::ranges::all_of(port, is_digit);
}

std::optional<Parts> parse(std::string_view url) {
  Parts parts;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (url.starts_with(scheme)) parts.scheme = scheme;
  }
  const bool one_line = std::ranges::all_of(
      url, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
  if (parts.scheme.empty() || !one_line) return std::nullopt;
  url.remove_prefix(parts.scheme.size());
  const std::size_t end = std::min(url.find_first_of("/?#"), url.size());
  parts.host = url.substr(0, end);
  parts.rest = url.substr(end);
  if (const std::size_t at = parts.host.rfind('@'); at != std::string_view::npos) {
    parts.user = parts.host.substr(0, at);
    parts.host.remove_prefix(at + 1);
  }
  if (!is_host(parts.host)) return std::nullopt;
  return parts;
}

}  // namespace

bool is_hook_address(std::string_view url) { return parse(url).has_value(); }

std::string shown_address(std::string_view url) {
  const std::optional<Parts> parts = parse(url);
  if (!parts) return std::string(kHidden);
  // "me:12/34@host": with a slash in a password of digits, what looks like a port is none.
  const bool in_doubt = parts->rest.find('@') != std::string_view::npos &&
                        parts->host.find(':') != std::string_view::npos;
  if (in_doubt) return std::string(kHidden);
  std::string shown = std::string(parts->scheme) + std::string(parts->host);
  if (!parts->user.empty() || parts->rest.size() > 1) return shown.append("/").append(kHidden);
  return shown.append(parts->rest);
}

}  // namespace fovea::pipeline
