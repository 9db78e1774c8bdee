// SPDX-License-Identifier: Apache-2.0
#pragma once
// One HTTP answer that may never end, read piece by piece over libcurl: a camera's stream.
// Thread rule: one thread.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/hub/http_client.hpp"

namespace fovea::pipeline {

class HttpStream {
 public:
  /// Asks for `url`, whose user and password answer Basic and Digest; follows no redirect. Waits
  /// for the answer's headers, but no longer than `patience`, nor once `cancel` is true.
  HttpStream(const std::string& url, std::chrono::milliseconds patience,
             const std::atomic<bool>& cancel);
  ~HttpStream();
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;

  /// Status 0 and a `failure` without words of the URL where there was no answer.
  const HttpResponse& response() const noexcept;
  /// Bytes that have arrived, at least one; waits for them. Valid until the next call. Empty at
  /// the end of the answer or once cancelled; then response().failure says if it was cut off.
  std::string_view read();

 private:
  struct Transfer;
  std::unique_ptr<Transfer> transfer_;
};

}  // namespace fovea::pipeline
