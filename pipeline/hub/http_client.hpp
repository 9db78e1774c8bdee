// SPDX-License-Identifier: Apache-2.0
#pragma once
// One HTTP request at a time over libcurl. Follows no redirect, retries nothing, keeps
// the connection open between requests: hub_client.cpp decides.
// Thread rule: one thread per client.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::pipeline {

struct HttpResponse {
  int status = 0;                              // 0 when there was no answer
  std::map<std::string, std::string> headers;  // names in lower case; the last of each
  std::string failure;                         // why the transfer ended early; empty when whole

  /// The header's value, empty when it is absent. `name` in lower case.
  std::string header(const std::string& name) const;
};

struct HttpRequest {
  std::string url;
  bool head = false;
  std::optional<std::string> post;   // the body of a POST; nothing: GET
  std::vector<std::string> headers;  // "Range: bytes=10-"
  /// Gets the body as it arrives; the response holds status and headers already.
  std::function<void(const HttpResponse&, std::span<const std::byte>)> on_body;
  std::chrono::milliseconds total{0};       // ends the transfer after this long; 0: never
  const std::atomic<bool>* stop = nullptr;  // once set, the transfer ends within about a second
};

struct HttpTimeouts {
  std::chrono::milliseconds connect{10'000};
  std::chrono::seconds stall{30};  // slower than 1 kB/s for this long ends the transfer
};

class HttpClient {
 public:
  explicit HttpClient(const HttpTimeouts& timeouts);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Whatever on_body throws is thrown again from here.
  HttpResponse perform(const HttpRequest& request);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  HttpTimeouts timeouts_;
};

/// An absolute http or https URL in parts.
struct UrlParts {
  std::string origin;  // "https://example.org:8080", the port always written
  bool secure = false;
};

/// Empty origin when `url` is no http(s) URL.
UrlParts split_url(const std::string& url);
/// `reference` (a Location header) seen from `base`; empty when it is no http(s) URL.
std::string resolve_url(const std::string& base, const std::string& reference);
/// For messages: without user, password, query and fragment, which may be secrets.
std::string printable_url(const std::string& url);
/// Everything but letters, digits and -._~ becomes %XX.
std::string percent_encode_segment(std::string_view text);
/// May the same request be answered otherwise later: no answer, one that broke off, 408, 429, 5xx?
bool is_passing(const HttpResponse& response);
/// What Retry-After asks for; -1 when the header is absent or neither a number nor a date.
long retry_after_seconds(const HttpResponse& response);
/// An HTTP date as seconds from now, negative in the past; `fallback` when it is none.
long seconds_until(const std::string& http_date, long fallback);

}  // namespace fovea::pipeline
