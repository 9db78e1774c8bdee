// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/mask.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace fovea::pipeline {

namespace {

constexpr std::string_view kMark = "://";
constexpr std::string_view kUser = "***:***";
constexpr std::string_view kValue = "***";
// In a text an address ends before any of these, unless its password holds it.
constexpr std::string_view kEnds = " \t\r\n\"'<>`";
constexpr std::string_view kSpaces = " \t\r\n";
// What may stand before a scheme where another address begins.
constexpr std::string_view kBefore = " \t\r\n\"'<>`([{,;=|";
// Parts of the names under which cameras take secrets in their query.
constexpr std::array<std::string_view, 7> kSecretNames{"pass",   "pwd",  "user", "token",
                                                       "secret", "auth", "key"};

bool is_secret(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(kSecretNames, [&](std::string_view secret) {
    return lower.find(secret) != std::string::npos;
  });
}

std::size_t first_of(std::string_view text, std::string_view characters, std::size_t from = 0) {
  return std::min(text.find_first_of(characters, from), text.size());
}

/// User, password and host of what follows "://", where nothing in them should have been escaped.
std::string_view authority_of(std::string_view address) {
  return address.substr(0, first_of(address, "/?#"));
}

/// The length of user and password before an '@'; 0 where there is none. An '@' further back than
/// the host ends them too where a ':' before it may stand between user and password.
std::size_t user_length(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return 0;
  const bool usual = authority_of(address).find('@') != std::string_view::npos;
  return usual || address.find(':') < at ? at : 0;
}

/// "viewer:secr", "viewer:": this is no host, so the rest and the host must be elsewhere.
bool is_cut_off(std::string_view address) {
  const std::string_view authority = authority_of(address);
  if (authority.ends_with('@')) return true;
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.starts_with('[') ||
      authority.find('@') != std::string_view::npos) {
    return false;
  }
  const std::string_view port = authority.substr(colon + 1);
  return port.empty() ||
         !std::ranges::all_of(port, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// A secret's value, from `begin` to `end` of an address.
struct Hidden {
  std::size_t begin = 0, end = 0;
};

/// The end of a value: in a path ("/user=a_password=b_channel=1") also where another name begins.
std::size_t value_end(std::string_view address, std::size_t begin, bool in_query) {
  std::size_t end = first_of(address, in_query ? "&#;" : "/?&#;", begin);
  const std::size_t equals = address.find('=', begin);
  if (in_query || equals >= end) return end;
  const std::size_t line = address.rfind('_', equals);
  return line == std::string_view::npos || line < begin ? end : line;
}

std::vector<Hidden> secret_values(std::string_view address) {
  std::vector<Hidden> values;
  std::size_t from = authority_of(address).size();
  const std::size_t question = address.find('?');
  while ((from = address.find('=', from)) != std::string_view::npos) {
    const std::size_t before = address.find_last_of("/?&#;=", from - 1);
    const std::size_t name = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t begin = from + 1;
    if (is_secret(address.substr(name, from - name))) {
      values.push_back({begin, value_end(address, begin, question < begin)});
      from = values.back().end;
    } else {
      from = begin;
    }
  }
  return values;
}

/// What follows "://".
std::string hide(std::string_view address) {
  std::string out;
  std::size_t shown = user_length(address);
  if (shown == 0 && is_cut_off(address)) shown = authority_of(address).size();
  if (shown > 0) out += kUser;
  for (const Hidden& value : secret_values(address)) {
    if (value.end <= shown) continue;
    // Of a value with an '@' in it nothing is left but that.
    const bool cut = value.begin < shown;
    out.append(cut ? std::string_view("@") : address.substr(shown, value.begin - shown));
    out += kValue;
    shown = value.end;
  }
  return out.append(address.substr(shown));
}

/// Where the next address begins in `text`, by its scheme; text.size() where none does. Names and
/// passwords that hold a "://" are none.
std::size_t next_address(std::string_view text) {
  const auto in_scheme = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '.' || c == '-';
  };
  for (std::size_t mark = text.find(kMark); mark != std::string_view::npos;
       mark = text.find(kMark, mark + 1)) {
    std::size_t scheme = mark;
    while (scheme > 0 && in_scheme(static_cast<unsigned char>(text[scheme - 1]))) --scheme;
    if (scheme > 0 && scheme < mark && kBefore.find(text[scheme - 1]) != std::string_view::npos)
      return scheme;
  }
  return text.size();
}

/// How much of `text`, which follows a "://", is the address. It ends where words do; but not
/// before an '@' behind a quote, nor, where it would be cut off there, before one on the same line.
std::size_t address_length(std::string_view text) {
  text = text.substr(0, first_of(text, "\r\n"));
  const std::size_t usual = first_of(text, kEnds);
  if (!is_cut_off(text.substr(0, usual))) {
    text = text.substr(0, std::min(next_address(text), first_of(text, kSpaces)));
  }
  const std::size_t at = text.rfind('@');
  const bool goes_on = at != std::string_view::npos && at >= usual && text.find_first_of(":@") < at;
  return goes_on ? first_of(text, kEnds, at) : usual;
}

}  // namespace

std::string masked_address(std::string_view address) {
  const std::size_t mark = address.find(kMark);
  if (mark == std::string_view::npos) return std::string(address);
  const std::size_t host = mark + kMark.size();
  return std::string(address.substr(0, host)) + hide(address.substr(host));
}

std::string masked(std::string_view text) {
  std::string out;
  for (std::size_t mark = text.find(kMark); mark != std::string_view::npos;
       mark = text.find(kMark)) {
    out.append(text.substr(0, mark + kMark.size()));
    text.remove_prefix(mark + kMark.size());
    const std::size_t length = address_length(text);
    out.append(hide(text.substr(0, length)));
    text.remove_prefix(length);
  }
  return out.append(text);
}

bool is_masked(std::string_view text) {
  return text.find("***:***@") != std::string_view::npos ||
         text.find("=***") != std::string_view::npos;
}

bool names_secret(std::string_view path) {
  const std::string_view name = path.substr(path.find_last_of(".[") + 1);
  return name == "url" || is_secret(name);
}

}  // namespace fovea::pipeline
