// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small HTTP server over GNU libmicrohttpd: one thread for all peers, none of which can hold
// up another or the end of the program. The only door to that library.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/config/view_address.hpp"

namespace fovea::pipeline {

struct ServerRequest {
  std::string method, path;  // "GET", "/status.json"; the path decoded, without what follows '?'
  std::string peer;          // "127.0.0.1"
  std::map<std::string, std::string> headers;  // names in lower case; the first of each
  std::string body;

  /// Empty where there is none. `name` in lower case.
  std::string_view header(const std::string& name) const;
};

/// A body that goes on for as long as the peer listens. Called from the server's thread.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Fills at most `max` bytes. 0: nothing yet, ask again after HttpServer::wake().
  /// nullopt: the body ends here.
  virtual std::optional<std::size_t> read(char* into, std::size_t max) = 0;
};

struct ServerReply {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::unique_ptr<ByteStream> stream;  // instead of `body`
};

struct ServerLimits {
  std::size_t body_bytes = 2048;         // a longer one gets 413
  std::size_t memory_bytes = 32 * 1024;  // of one connection; longer headers get 431
  unsigned connections = 64, connections_per_peer = 32;
  std::chrono::seconds idle{10};  // without a byte either way, a connection is closed
  int send_buffer_bytes = 128 * 1024;
};

class HttpServer {
 public:
  /// Answers from the server's thread, one request at a time; must not block or throw.
  using Handler = std::function<ServerReply(const ServerRequest&)>;

  /// Listens when it returns; connections wait for start(). Throws ConfigError when `address`
  /// cannot be listened on.
  explicit HttpServer(const ViewAddress& address, const ServerLimits& limits = {});
  /// Closes every connection, whatever its peer is doing.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Begins to answer. Called once.
  void start(Handler handler);

  /// With the real port where 0 was asked for.
  const ViewAddress& address() const;
  /// Streams that had nothing to say are asked again. Any thread.
  void wake();

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace fovea::pipeline
