// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/mask.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace fovea::pipeline {

namespace {

constexpr std::string_view kUser = "***:***";
constexpr std::string_view kValue = "***";
// An address ends before any of these.
constexpr std::string_view kEnds = " \t\r\n\"'<>`";
// Parts of the names under which cameras take secrets in their query.
constexpr std::array<std::string_view, 7> kSecretNames{"pass",   "pwd",  "user", "token",
                                                       "secret", "auth", "key"};

/// The length of user and password before an '@'; 0 where there is none.
std::size_t user_length(std::string_view address) {
  const std::string_view authority = address.substr(0, address.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) return at;
  // A password with a slash in it, not written as %2F: then what looks like a port is none.
  const std::size_t colon = authority.rfind(':');
  const std::size_t at = address.find('@');
  if (colon == std::string_view::npos || at == std::string_view::npos) return 0;
  const std::string_view port = authority.substr(colon + 1);
  const bool is_port = !port.empty() && std::ranges::all_of(port, [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
  return is_port ? 0 : at;
}

bool is_secret(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(kSecretNames, [&](std::string_view secret) {
    return lower.find(secret) != std::string::npos;
  });
}

/// What follows the host: path and query.
std::string without_secrets(std::string_view rest) {
  const std::size_t question = rest.find('?');
  if (question == std::string_view::npos) return std::string(rest);
  std::string out(rest.substr(0, question + 1));
  rest.remove_prefix(question + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of("&#;"), rest.size());
    const std::string_view field = rest.substr(0, end);
    const std::size_t equals = field.find('=');
    if (equals != std::string_view::npos && is_secret(field.substr(0, equals))) {
      out.append(field.substr(0, equals + 1)).append(kValue);
    } else {
      out.append(field);
    }
    out.append(rest.substr(end, 1));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

}  // namespace

std::string masked(std::string_view text) {
  constexpr std::string_view kMark = "://";
  std::string out;
  for (std::size_t mark = text.find(kMark); mark != std::string_view::npos;
       mark = text.find(kMark)) {
    out.append(text.substr(0, mark + kMark.size()));
    text.remove_prefix(mark + kMark.size());
    std::string_view address = text.substr(0, text.find_first_of(kEnds));
    text.remove_prefix(address.size());
    if (const std::size_t user = user_length(address); user > 0) {
      out.append(kUser);
      address.remove_prefix(user);
    }
    out.append(without_secrets(address));
  }
  return out.append(text);
}

bool is_masked(std::string_view text) {
  return text.find("***:***@") != std::string_view::npos ||
         text.find("=***") != std::string_view::npos;
}

}  // namespace fovea::pipeline
