// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/view_address.hpp"

#include <charconv>

#include <arpa/inet.h>

namespace fovea::pipeline {
namespace {

bool is_ipv6(std::string_view host) {
  in6_addr parsed;
  return inet_pton(AF_INET6, std::string(host).c_str(), &parsed) == 1;
}

std::optional<in_addr> ipv4(std::string_view host) {
  in_addr parsed;
  if (inet_pton(AF_INET, std::string(host).c_str(), &parsed) != 1) return std::nullopt;
  return parsed;
}

bool is_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  for (const char c : host) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_') return false;
  }
  return true;
}

}  // namespace

std::string ViewAddress::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool ViewAddress::is_loopback() const { return is_loopback_host(host); }

std::optional<ViewAddress> parse_view_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  ViewAddress address;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (!is_ipv6(host)) return std::nullopt;
  } else if (!is_name(host)) {
    return std::nullopt;
  }
  address.host = host;
  return address;
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost") return true;
  if (const std::optional<in_addr> address = ipv4(host)) {
    return (ntohl(address->s_addr) >> 24) == 127;
  }
  in6_addr six;
  return inet_pton(AF_INET6, std::string(host).c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool is_ip_address(std::string_view host) { return ipv4(host).has_value() || is_ipv6(host); }

}  // namespace fovea::pipeline
