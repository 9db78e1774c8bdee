// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the page listens, as the user writes it: "127.0.0.1:8080", "[::1]:8080", "localhost:0".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fovea::pipeline {

struct ViewAddress {
  std::string host;  // without brackets
  std::uint16_t port = 0;

  /// "127.0.0.1:8080", "[::1]:8080"
  std::string text() const;
  /// Nobody but programs of this machine can reach it.
  bool is_loopback() const;
};

/// nullopt for anything but HOST:PORT. Port 0 takes any free port. An IPv6 host needs brackets.
std::optional<ViewAddress> parse_view_address(std::string_view text);

/// "localhost", 127.0.0.0/8 and ::1, by their text alone: no name is looked up.
bool is_loopback_host(std::string_view host);

/// An IPv4 or IPv6 address (without brackets), and no name.
bool is_ip_address(std::string_view host);

}  // namespace fovea::pipeline
