// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small HTTP/1.1 server on the loopback for tests: one thread a connection, one
// request a connection, every byte under the test's control.

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace fovea::testing_support {

struct ServedRequest {
  std::string method, target;                  // "GET", "/api/models/org/name?x=y"
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // as long as Content-Length says

  std::string header(const std::string& name) const;
  bool has_token() const { return headers.contains("authorization"); }
};

class HttpServer {
 public:
  /// Writes bytes of the answer; false when the peer has gone or the server stops.
  using Send = std::function<bool(std::string_view)>;
  using Handler = std::function<void(const ServedRequest&, const Send&)>;

  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// "http://127.0.0.1:<port>"
  std::string url() const;

 private:
  void accept_loop();
  void serve(int socket);

  Handler handler_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

/// Status line, headers and an empty line. `headers` end with "\r\n" each.
std::string answer_head(int status, std::size_t length, const std::string& headers = {});

}  // namespace fovea::testing_support
