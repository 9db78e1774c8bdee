// SPDX-License-Identifier: Apache-2.0
#include "pipeline/view/listener.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compute/error.hpp"

namespace fovea::pipeline {
namespace {

using Found = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Found look_up(const ViewAddress& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    throw ConfigError("the page cannot listen on '" + address.host + "': " + gai_strerror(error),
                      address.text(), "use an address of this machine, as in 127.0.0.1:8080");
  }
  return {found, &freeaddrinfo};
}

[[noreturn]] void refuse(const ViewAddress& address, int error) {
  if (error == EADDRINUSE) {
    throw ConfigError("port " + std::to_string(address.port) + " is in use by another program",
                      address.text(),
                      "stop that program, or take another port, as in " +
                          ViewAddress{address.host, 0}.text() + " for any free one");
  }
  const std::string why = std::strerror(error);
  throw ConfigError("the page cannot listen on " + address.text() + ": " + why, address.text(),
                    error == EACCES ? "take a port above 1023"
                                    : "use an address of this machine, as in 127.0.0.1:8080");
}

std::uint16_t port_of(int socket) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &length);
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

}  // namespace

Listener listen_on(const ViewAddress& address, int send_buffer_bytes) {
  const Found found = look_up(address);
  int error = 0;
  for (const addrinfo* each = found.get(); each != nullptr; each = each->ai_next) {
    const int fd = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
      error = errno;
      continue;
    }
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    // Connections inherit it. What lies in it is old by the time it is seen: a slow viewer
    // would otherwise look at pictures that are seconds old.
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
    if (bind(fd, each->ai_addr, each->ai_addrlen) == 0 && listen(fd, 64) == 0) {
      return {fd, {address.host, port_of(fd)}};
    }
    error = errno;
    close(fd);
  }
  refuse(address, error);
}

}  // namespace fovea::pipeline
