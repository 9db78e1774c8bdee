// SPDX-License-Identifier: Apache-2.0
#include "pipeline/hub/hub_client.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::pipeline {
namespace {

constexpr int kMaxRedirects = 8;
constexpr std::chrono::seconds kLongestWait{120};
constexpr std::size_t kRealProgressBytes = 64 * 1024;

std::string value_or_environment(const std::string& value, const char* name) {
  if (!value.empty()) return value;
  const char* set = std::getenv(name);
  return set == nullptr ? std::string() : std::string(set);
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

HubClient::HubClient(const PullOptions& options)
    : http_({options.connect_timeout, options.stall_timeout}),
      endpoint_(value_or_environment(options.endpoint, "HF_ENDPOINT")),
      token_(value_or_environment(options.token, "HF_TOKEN")),
      attempts_(std::max(1, options.attempts)),
      backoff_(options.backoff) {
  if (endpoint_.empty()) endpoint_ = "https://huggingface.co";
  while (endpoint_.ends_with('/')) endpoint_.pop_back();
  if (split_url(endpoint_).origin.empty()) {
    throw ConfigError("the hub's address is not an http(s) URL", "HF_ENDPOINT",
                      "set it to a URL such as https://huggingface.co, or unset it");
  }
  const bool one_line = std::all_of(token_.begin(), token_.end(),
                                    [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!one_line) {
    throw ConfigError("the hub token holds spaces or control characters", "HF_TOKEN",
                      "set it to the token alone, without quotes or line ends");
  }
}

HttpResponse HubClient::follow(HttpRequest request, Redirects redirects) {
  const UrlParts home = split_url(endpoint_);
  const std::vector<std::string> plain_headers = request.headers;
  // Only the last answer's body is the file's.
  const auto on_body = request.on_body;
  request.on_body = [&on_body](const HttpResponse& response, std::span<const std::byte> bytes) {
    if (on_body && response.status >= 200 && response.status < 300) on_body(response, bytes);
  };
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    const UrlParts here = split_url(request.url);
    request.headers = plain_headers;
    if (!token_.empty() && here.origin == home.origin) {
      request.headers.push_back("Authorization: Bearer " + token_);
    }
    HttpResponse response = http_.perform(request);
    if (!is_redirect(response.status)) return response;
    const std::string location = response.header("location");
    const std::string next = location.empty() ? location : resolve_url(request.url, location);
    const UrlParts there = split_url(next);
    if (there.origin.empty() || (here.secure && !there.secure)) {
      throw ModelError("the hub redirects to where Fovea does not follow",
                       printable_url(request.url), "check HF_ENDPOINT");
    }
    if (redirects == Redirects::own_origin && there.origin != home.origin) return response;
    request.url = next;
  }
  throw ModelError("the hub redirects in a circle", printable_url(request.url),
                   "check HF_ENDPOINT; otherwise try again later");
}

HttpResponse HubClient::send(const std::function<HttpRequest()>& make, Redirects redirects,
                             const std::string& subject) {
  std::chrono::milliseconds pause = backoff_;
  for (int attempt = 1;; ++attempt) {
    HttpRequest request = make();
    const std::string url = request.url;
    std::size_t received = 0;
    const auto on_body = request.on_body;
    request.on_body = [&](const HttpResponse& response, std::span<const std::byte> bytes) {
      received += bytes.size();
      if (on_body) on_body(response, bytes);
    };
    const HttpResponse response = follow(std::move(request), redirects);
    if (!is_passing(response)) {
      if (response.status >= 400) refuse(response, url, subject);
      return response;
    }
    if (received >= kRealProgressBytes) {  // a line that breaks now and then still delivers
      attempt = 0;
      pause = backoff_;
    }
    const long asked = retry_after_seconds(response);
    if (attempt >= attempts_ || asked > kLongestWait.count()) refuse(response, url, subject);
    std::this_thread::sleep_for(asked >= 0 ? std::chrono::milliseconds(asked * 1000) : pause);
    pause = std::min<std::chrono::milliseconds>(pause * 2, kLongestWait);
  }
}

void HubClient::refuse(const HttpResponse& response, const std::string& url,
                       const std::string& subject) const {
  const std::string where = printable_url(url);
  const std::string code = response.header("x-error-code");
  if (response.status == 401 || response.status == 403) {
    throw ModelError(
        fmt::format("the hub refuses {} ({}{})", subject, response.status,
                    token_.empty() ? ", no token was sent" : ", with the token of HF_TOKEN"),
        where,
        token_.empty()
            ? "check the name; for a private or gated model accept its terms on its page and set "
              "HF_TOKEN to a token that may read it"
            : "check that the token is valid and may read this model, and that its terms are "
              "accepted on its page");
  }
  if (response.status == 404) {
    throw ModelError(fmt::format("the hub has no {} (404{})", subject,
                                 code.empty() ? std::string() : ", " + code.substr(0, 40)),
                     where, "check the name and the revision; the hub's names are org/name");
  }
  if (response.status == 429) {
    throw ModelError("the hub asks for fewer requests (429)", where,
                     retry_after_seconds(response) > 0
                         ? fmt::format("try again in {} s", retry_after_seconds(response))
                         : std::string("try again in some minutes, or set HF_TOKEN"));
  }
  if (response.status >= 400) {
    throw ModelError(fmt::format("the hub answers {} to {}", response.status, subject), where,
                     "try again later; what was downloaded is kept");
  }
  throw ModelError(fmt::format("the download of {} broke off: {}", subject,
                               response.failure.empty() ? "no answer" : response.failure),
                   where,
                   "check the network (https_proxy, HF_ENDPOINT) and run the command again: it "
                   "goes on where it stopped");
}

}  // namespace fovea::pipeline
