// SPDX-License-Identifier: Apache-2.0
#pragma once
// Watches a page as a browser does, without one.

#include <cstdint>
#include <string>

#include "pipeline/sinks/json.hpp"
#include "tests/view/raw_http.hpp"

namespace fovea::testing_support {

/// One packet of the page's stream; null and empty once the stream has ended.
struct Packet {
  pipeline::Json json;
  std::string jpeg;
};

/// A viewer of /stream: reads packets out of a chunked answer.
class StreamReader {
 public:
  explicit StreamReader(std::uint16_t port, const std::string& headers = {}) : connection_(port) {
    connection_.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
    while (head_.find("\r\n\r\n") == std::string::npos) {
      const std::string more = connection_.receive(1);
      if (more.empty()) break;
      head_ += more;
    }
  }
  const std::string& head() const { return head_; }

  Packet next() {
    const std::string lengths = take(8);
    const auto number = [&](int at) {
      std::size_t value = 0;
      for (int i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(lengths[i]);
      return value;
    };
    if (lengths.size() < 8) return {};
    Packet packet;
    packet.json = pipeline::Json::parse(take(number(0)));
    packet.jpeg = take(number(4));
    return packet;
  }
  Packet next(const std::string& kind) {
    for (;;) {
      Packet packet = next();
      if (packet.json.is_null() || packet.json["kind"] == kind) return packet;
    }
  }

 private:
  std::string take(std::size_t bytes) {
    while (body_.size() < bytes && fill()) {
    }
    std::string taken = body_.substr(0, bytes);
    body_.erase(0, taken.size());
    return taken;
  }
  bool fill() {
    while (raw_.find("\r\n") == std::string::npos) {
      if (!receive()) return false;
    }
    const std::size_t line = raw_.find("\r\n");
    const std::size_t bytes = std::stoul(raw_.substr(0, line), nullptr, 16);
    while (raw_.size() < line + 2 + bytes + 2) {
      if (!receive()) return false;
    }
    body_ += raw_.substr(line + 2, bytes);
    raw_.erase(0, line + 2 + bytes + 2);
    return bytes > 0;
  }
  bool receive() {
    const std::string more = connection_.receive();
    raw_ += more;
    return !more.empty();
  }

  RawConnection connection_;
  std::string head_, raw_, body_;
};

}  // namespace fovea::testing_support
