// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who may ask the page for what: decided from a request's headers alone, before anything is
// done for it. Knows no HTTP library. Called from one thread.

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/config/view_address.hpp"

namespace fovea::pipeline {

/// The parts of a request that decide.
struct Asked {
  std::string_view method, path;
  std::string_view peer;  // the other side's address, without its port
  std::string_view host, origin, authorization, cookie;
  std::string_view sec_fetch_site, sec_fetch_mode;
};

enum class Verdict : std::uint8_t {
  pass,
  wrong_host,     // 403: a name that is not ours, as a rebound DNS name would be
  cross_site,     // 403: another site's page asks
  too_many,       // 429
  not_signed_in,  // 401
};

class Guard {
 public:
  using Clock = std::chrono::steady_clock;

  /// `address` as it listens, with its real port. `hosts`: further names that it is called by.
  /// Empty `token`: whoever reaches it may look.
  Guard(ViewAddress address, std::string token, std::vector<std::string> hosts);

  /// Everything but the login: host, origin, rate. Counts the request.
  Verdict admits(const Asked& asked, Clock::time_point now);
  /// A session's cookie or the token as "Authorization: Bearer", or no token was set.
  /// A wrong bearer token counts against its sender as a wrong login does.
  Verdict signed_in(const Asked& asked, Clock::time_point now);

  struct Login {
    Verdict verdict = Verdict::pass;
    std::string cookie;  // Set-Cookie's value; empty unless passed
  };
  /// Opens a session where `token` is right.
  Login log_in(std::string_view token, std::string_view peer, Clock::time_point now);
  /// Ends the session of `asked`; returns Set-Cookie's value that removes it.
  std::string log_out(const Asked& asked);

  bool has_token() const { return !token_.empty(); }

  // A page loads five files and keeps one stream open: this is a wide margin.
  static constexpr double kRequestsPerS = 20, kRequestBurst = 80;
  static constexpr double kTriesPerS = 0.1, kTryBurst = 5;
  static constexpr std::size_t kMaxPeers = 1024, kMaxSessions = 64;

 private:
  struct Bucket {
    double requests = kRequestBurst, tries = kTryBurst;
    Clock::time_point last;
  };
  Bucket& bucket_of(std::string_view peer, Clock::time_point now);
  bool is_our_name(std::string_view host) const;
  std::string_view session_in(std::string_view cookie) const;

  const ViewAddress address_;
  const std::string token_;
  const std::vector<std::string> hosts_;
  const std::string cookie_name_;
  std::unordered_map<std::string, Bucket> peers_;
  std::deque<std::string> sessions_;  // oldest first
};

/// In a time that depends on the lengths alone.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace fovea::pipeline
