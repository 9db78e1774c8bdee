// SPDX-License-Identifier: Apache-2.0
// The server's end, at whatever moment it comes.
#include "pipeline/view/http_server.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/view/raw_http.hpp"

namespace fovea::pipeline {
namespace {

using testing_support::RawConnection;

/// Has nothing to say, and is woken while it is asked, but for now and then.
class Restless : public ByteStream {
 public:
  Restless(HttpServer& server, std::atomic<int>& asked) : server_(server), asked_(asked) {}
  std::optional<std::size_t> read(char*, std::size_t) override {
    ++asked_;
    if (++calls_ % 16 != 0) server_.wake();
    return 0;
  }

 private:
  HttpServer& server_;
  std::atomic<int>& asked_;
  int calls_ = 0;
};

// A stream that was suspended after the last wake, and with the server stopped, ended the process:
// "MHD_stop_daemon() called while we have suspended connections".
TEST(HttpServer, EndsWhileItsStreamsAreAskedAndWoken) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> asked{0};
    auto server = std::make_unique<HttpServer>(ViewAddress{"127.0.0.1", 0});
    HttpServer& serves = *server;
    server->start([&](const ServerRequest&) {
      return ServerReply{.body = "", .stream = std::make_unique<Restless>(serves, asked)};
    });
    std::vector<std::unique_ptr<RawConnection>> viewers;
    for (int i = 0; i < 3; ++i) {
      viewers.push_back(std::make_unique<RawConnection>(server->address().port));
      ASSERT_TRUE(viewers.back()->send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    }
    while (asked < 100 + round) {
      server->wake();
      std::this_thread::yield();
    }
    server.reset();
  }
}

}  // namespace
}  // namespace fovea::pipeline
