// SPDX-License-Identifier: Apache-2.0
#include "pipeline/hub/http_stream.hpp"

#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/hub/http_header.hpp"

namespace fovea::pipeline {

namespace {

// Between two looks at `cancel`.
constexpr int kPollMs = 100;

using Clock = std::chrono::steady_clock;

}  // namespace

struct HttpStream::Transfer {
  explicit Transfer(const std::atomic<bool>& stop) : cancel(stop) {
    multi = curl_multi_init();
    easy = curl_easy_init();
    if (multi == nullptr || easy == nullptr) {
      throw Error("libcurl does not start", "pipeline/hub", "check the libcurl installation");
    }
  }
  ~Transfer() {
    if (multi != nullptr && easy != nullptr) curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
  }

  /// Lets the transfer go on, waiting for the network at most kPollMs.
  void step() {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      done = true;
      if (message->data.result != CURLE_OK) response.failure = words(message->data.result);
    }
    if (!done && body.empty()) curl_multi_poll(multi, nullptr, 0, kPollMs, nullptr);
  }
  /// libcurl's longer messages may repeat the URL.
  static std::string words(CURLcode code) {
    switch (code) {
      case CURLE_COULDNT_RESOLVE_HOST:
        return "its host name is not known";
      case CURLE_COULDNT_CONNECT:
        return "nothing answers at its address";
      case CURLE_OPERATION_TIMEDOUT:
        return "no answer in time";
      case CURLE_GOT_NOTHING:
        return "the server closed the connection without an answer";
      case CURLE_PARTIAL_FILE:
      case CURLE_RECV_ERROR:
        return "the connection broke off";
      default:
        return curl_easy_strerror(code);
    }
  }

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
    auto& self = *static_cast<Transfer*>(user);
    const std::string_view line(data, size * count);
    read_header_line(line, self.response);
    return line.size();
  }
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
    static_cast<Transfer*>(user)->body.append(data, size * count);
    return size * count;
  }

  const std::atomic<bool>& cancel;
  CURLM* multi = nullptr;
  CURL* easy = nullptr;
  HttpResponse response;
  std::string body;   // arrived since the last step
  std::string given;  // what read() has given out
  bool done = false;
};

HttpStream::HttpStream(const std::string& url, std::chrono::milliseconds patience,
                       const std::atomic<bool>& cancel) {
  start_libcurl();
  transfer_ = std::make_unique<Transfer>(cancel);
  CURL* easy = transfer_->easy;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, kUserAgent);
  curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC | CURLAUTH_DIGEST);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);  // there are other threads
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(patience.count()));
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer_.get());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer_.get());
  use_certificate_bundle(easy);
  curl_multi_add_handle(transfer_->multi, easy);
  const auto deadline = Clock::now() + patience;
  // The first byte of the body is the proof that these headers are the last.
  while (!transfer_->done && transfer_->body.empty() && !cancel.load()) {
    transfer_->step();
    if (Clock::now() < deadline || transfer_->done || !transfer_->body.empty()) continue;
    if (transfer_->response.status == 0) transfer_->response.failure = "no answer in time";
    break;
  }
}

HttpStream::~HttpStream() = default;

const HttpResponse& HttpStream::response() const noexcept { return transfer_->response; }

std::string_view HttpStream::read() {
  Transfer& transfer = *transfer_;
  while (transfer.body.empty() && !transfer.done && !transfer.cancel.load()) transfer.step();
  transfer.given.swap(transfer.body);
  transfer.body.clear();
  return transfer.given;
}

}  // namespace fovea::pipeline
