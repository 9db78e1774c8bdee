// SPDX-License-Identifier: Apache-2.0
#include "pipeline/view/guard.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <random>

namespace fovea::pipeline {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// "[::1]:8080" -> "::1"; "Camera.local:80" -> "camera.local".
std::string name_in(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    return lower(host.substr(1, host.find(']') == std::string_view::npos ? 0 : host.find(']') - 1));
  }
  return lower(host.substr(0, host.rfind(':')));
}

/// 32 random bytes from the system, as hexadecimal digits.
std::string random_id() {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device system;
  std::string id;
  for (int word = 0; word < 8; ++word) {
    std::uint32_t bits = system();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4) id += kDigits[bits & 15];
  }
  return id;
}

bool take(double& left, double per_s, double burst, double elapsed_s) {
  left = std::min(burst, left + per_s * elapsed_s);
  if (left < 1) return false;
  left -= 1;
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

bool equal_secrets(std::string_view a, std::string_view b) {
  volatile unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference = static_cast<unsigned char>(difference | (a[i] ^ other));
  }
  return difference == 0;
}

Guard::Guard(ViewAddress address, std::string token, std::vector<std::string> hosts)
    : address_(std::move(address)),
      token_(std::move(token)),
      hosts_(std::move(hosts)),
      // Cookies know no ports: two runs on one machine need two names.
      cookie_name_("fovea_" + std::to_string(address_.port)) {}

Guard::Bucket& Guard::bucket_of(std::string_view peer, Clock::time_point now) {
  const auto found = peers_.find(std::string(peer));
  if (found != peers_.end()) return found->second;
  if (peers_.size() >= kMaxPeers) {
    const auto oldest = std::min_element(
        peers_.begin(), peers_.end(),
        [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
    peers_.erase(oldest);
  }
  Bucket& bucket = peers_[std::string(peer)];
  bucket.last = now;
  return bucket;
}

bool Guard::is_our_name(std::string_view host) const {
  const std::string name = name_in(host);
  if (is_loopback_host(name)) return true;
  for (const std::string& allowed : hosts_) {
    if (lower(allowed) == name) return true;
  }
  // A rebound name is a name: an address in the address bar cannot be pointed elsewhere.
  return !address_.is_loopback() && (is_ip_address(name) || name == lower(address_.host));
}

Verdict Guard::admits(const Asked& asked, Clock::time_point now) {
  Bucket& bucket = bucket_of(asked.peer, now);
  const double elapsed_s = std::chrono::duration<double>(now - bucket.last).count();
  bucket.last = now;
  bucket.tries = std::min(kTryBurst, bucket.tries + kTriesPerS * elapsed_s);
  if (!take(bucket.requests, kRequestsPerS, kRequestBurst, elapsed_s)) return Verdict::too_many;
  if (!is_our_name(asked.host)) return Verdict::wrong_host;
  if (!asked.origin.empty()) {
    const std::size_t scheme = asked.origin.find("://");
    const bool same = scheme != std::string_view::npos &&
                      lower(asked.origin.substr(scheme + 3)) == lower(asked.host);
    if (!same) return Verdict::cross_site;
  }
  // "same-site" is another port or a sibling name: not ours. A link that is followed to the
  // page itself shows nothing to whoever placed it.
  const bool elsewhere = !asked.sec_fetch_site.empty() && asked.sec_fetch_site != "same-origin" &&
                         asked.sec_fetch_site != "none";
  const bool followed_link = asked.sec_fetch_mode == "navigate" && asked.method == "GET" &&
                             (asked.path == "/" || asked.path == "/login");
  if (elsewhere && !followed_link) return Verdict::cross_site;
  return Verdict::pass;
}

std::string_view Guard::session_in(std::string_view cookie) const {
  while (!cookie.empty()) {
    const std::size_t end = std::min(cookie.find(';'), cookie.size());
    const std::string_view pair = trimmed(cookie.substr(0, end));
    cookie.remove_prefix(std::min(end + 1, cookie.size()));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == cookie_name_) {
      return pair.substr(equals + 1);
    }
  }
  return {};
}

Verdict Guard::signed_in(const Asked& asked, Clock::time_point now) {
  if (token_.empty()) return Verdict::pass;
  const std::string_view session = session_in(asked.cookie);
  for (const std::string& open : sessions_) {
    if (equal_secrets(session, open)) return Verdict::pass;
  }
  constexpr std::string_view kBearer = "Bearer ";
  if (asked.authorization.substr(0, kBearer.size()) != kBearer) return Verdict::not_signed_in;
  Bucket& bucket = bucket_of(asked.peer, now);
  if (bucket.tries < 1) return Verdict::too_many;
  if (equal_secrets(trimmed(asked.authorization.substr(kBearer.size())), token_)) {
    return Verdict::pass;
  }
  bucket.tries -= 1;
  return Verdict::not_signed_in;
}

Guard::Login Guard::log_in(std::string_view token, std::string_view peer, Clock::time_point now) {
  Bucket& bucket = bucket_of(peer, now);
  if (bucket.tries < 1) return {Verdict::too_many, {}};
  if (token_.empty() || !equal_secrets(token, token_)) {
    bucket.tries -= 1;
    return {Verdict::not_signed_in, {}};
  }
  if (sessions_.size() >= kMaxSessions) sessions_.pop_front();
  sessions_.push_back(random_id());
  return {Verdict::pass,
          cookie_name_ + "=" + sessions_.back() + "; HttpOnly; SameSite=Strict; Path=/"};
}

std::string Guard::log_out(const Asked& asked) {
  const std::string session(session_in(asked.cookie));
  std::erase_if(sessions_, [&](const std::string& open) { return equal_secrets(session, open); });
  return cookie_name_ + "=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0";
}

}  // namespace fovea::pipeline
