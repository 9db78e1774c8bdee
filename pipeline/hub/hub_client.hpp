// SPDX-License-Identifier: Apache-2.0
#pragma once
// Requests to the hub: redirects, the token, retries with patience, and what a refusal means.
// The token goes to the endpoint's own origin and nowhere else.

#include <functional>
#include <string>

#include "pipeline/hub/http_client.hpp"
#include "pipeline/hub/pull.hpp"

namespace fovea::pipeline {

class HubClient {
 public:
  /// Reads HF_ENDPOINT and HF_TOKEN where the options leave them empty.
  /// Throws ConfigError when the endpoint is no http(s) URL or the token is not one line.
  explicit HubClient(const PullOptions& options);

  /// Without a slash at the end.
  const std::string& endpoint() const noexcept { return endpoint_; }

  enum class Redirects : int {
    all,         // to the storage that holds a file's content
    own_origin,  // a foreign redirect is the answer: it carries the file's size and hash
  };
  /// Sends make()'s request until it is answered: connections that break, 408, 429 and 5xx are
  /// tried again after a pause (Retry-After where given). make() is called anew for each try.
  /// Returns an answer below 400. Throws ModelError that says what a refusal means; `subject`
  /// names what was asked for.
  HttpResponse send(const std::function<HttpRequest()>& make, Redirects redirects,
                    const std::string& subject);

 private:
  HttpResponse follow(HttpRequest request, Redirects redirects);
  [[noreturn]] void refuse(const HttpResponse& response, const std::string& url,
                           const std::string& subject) const;

  HttpClient http_;
  std::string endpoint_, token_;
  int attempts_;
  std::chrono::milliseconds backoff_;
};

}  // namespace fovea::pipeline
