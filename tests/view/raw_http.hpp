// SPDX-License-Identifier: Apache-2.0
#pragma once
// One HTTP request over a plain socket, every byte under the test's control.

#include <cstdint>
#include <string>

namespace fovea::testing_support {

/// A TCP connection to 127.0.0.1, closed with the object. Reads give up after 20 s, which only
/// bounds a hang.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  /// False when the peer has closed.
  bool send(const std::string& bytes);
  /// At most `max` bytes; empty when the peer has closed.
  std::string receive(std::size_t max = 65536);
  /// Until there are `bytes` in all, or the peer closes.
  std::string receive_at_least(std::size_t bytes);
  std::string receive_all();

 private:
  int socket_ = -1;
};

struct RawAnswer {
  int status = 0;
  std::string head, body;

  /// Of the head; empty where there is none. `name` as the server writes it.
  std::string header(const std::string& name) const;
};

/// `headers` end with "\r\n" each. "Host: 127.0.0.1:PORT" is added where they name none.
RawAnswer ask(std::uint16_t port, const std::string& method, const std::string& path,
              const std::string& headers = {}, const std::string& body = {});

}  // namespace fovea::testing_support
