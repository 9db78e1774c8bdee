// SPDX-License-Identifier: Apache-2.0
#pragma once
// A camera on the loopback that sends JPEGs over HTTP and misbehaves as a test scripts it. One
// viewer at a time, served on one thread: however often it is reconnected, it holds no more.

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace fovea::testing_support {

class MjpegServer {
 public:
  /// One connection, its request read.
  class Viewer {
   public:
    /// False when the viewer has gone or the server goes down.
    bool send(std::string_view bytes) const;
    /// Keeps the connection open in silence until the viewer goes, or the server goes down.
    void stay_silent() const;
    bool rest(std::chrono::microseconds time) const;
    const std::string& request() const { return request_; }
    /// Of those that say more on one connection: the next one; empty when the viewer has gone or
    /// the server goes down.
    std::string next_request() const;

   private:
    friend class MjpegServer;
    int socket_ = -1;
    std::string request_;
    const std::atomic<bool>* down_ = nullptr;
  };
  /// What to do with connection 0, 1, 2 ...; the connection is closed when it returns.
  using Script = std::function<void(int connection, const Viewer&)>;

  /// Up at once, on a port of its own.
  explicit MjpegServer(Script script);
  ~MjpegServer();
  MjpegServer(const MjpegServer&) = delete;
  MjpegServer& operator=(const MjpegServer&) = delete;

  /// Closes what is open, and the port.
  void go_down();
  /// Listens again, on the same port.
  void come_up();
  int connections() const { return connections_; }
  int port() const { return port_; }
  /// "http://127.0.0.1:<port>/video.mjpg", with "user:password@" in it if given.
  std::string url(const std::string& user = {}) const;

 private:
  void serve();

  Script script_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> down_{true};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

/// The head of a stream's answer.
std::string stream_head();
/// One part of a stream: a JPEG of that size in one grey.
std::string jpeg_part(int grey, int width = 32, int height = 24);
/// Another answer, without a body.
std::string refusal(int status, const std::string& headers = {});

}  // namespace fovea::testing_support
