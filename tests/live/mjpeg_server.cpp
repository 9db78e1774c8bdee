// SPDX-License-Identifier: Apache-2.0
#include "tests/live/mjpeg_server.hpp"

#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <opencv2/imgcodecs.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fovea::testing_support {

namespace {

constexpr int kLookMs = 10;  // between two looks at whether the server goes down

bool readable(int socket, int wait_ms) {
  pollfd entry{socket, POLLIN, 0};
  return ::poll(&entry, 1, wait_ms) > 0;
}

}  // namespace

bool MjpegServer::Viewer::send(std::string_view bytes) const {
  while (!bytes.empty() && !down_->load()) {
    pollfd entry{socket_, POLLOUT, 0};
    if (::poll(&entry, 1, kLookMs) <= 0) continue;
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return !down_->load();
}

void MjpegServer::Viewer::stay_silent() const {
  while (!down_->load()) {
    if (readable(socket_, kLookMs)) return;  // a viewer says nothing more: it has gone
  }
}

std::string MjpegServer::Viewer::next_request() const {
  std::string request;
  char buffer[2048];
  while (!down_->load() && request.find("\r\n\r\n") == std::string::npos) {
    if (!readable(socket_, kLookMs)) continue;
    const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got <= 0) return {};
    request.append(buffer, static_cast<std::size_t>(got));
  }
  return down_->load() ? std::string() : request;
}

bool MjpegServer::Viewer::rest(std::chrono::microseconds time) const {
  std::this_thread::sleep_for(time);
  return !down_->load();
}

MjpegServer::MjpegServer(Script script) : script_(std::move(script)) { come_up(); }

MjpegServer::~MjpegServer() { go_down(); }

void MjpegServer::come_up() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("no loopback socket");
  }
  port_ = ntohs(address.sin_port);
  down_ = false;
  thread_ = std::thread([this] { serve(); });
}

void MjpegServer::go_down() {
  down_ = true;
  if (thread_.joinable()) thread_.join();
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
}

std::string MjpegServer::url(const std::string& user) const {
  return fmt::format("http://{}{}127.0.0.1:{}/video.mjpg", user, user.empty() ? "" : "@", port_);
}

void MjpegServer::serve() {
  while (!down_) {
    if (!readable(listener_, kLookMs)) continue;
    Viewer viewer;
    viewer.socket_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    viewer.down_ = &down_;
    if (viewer.socket_ < 0) continue;
    viewer.request_ = viewer.next_request();
    if (!viewer.request_.empty()) script_(connections_.fetch_add(1), viewer);
    ::close(viewer.socket_);
  }
}

std::string stream_head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n"
         "Connection: close\r\n\r\n";
}

std::string jpeg_part(int grey, int width, int height) {
  std::vector<unsigned char> bytes;
  cv::imencode(".jpg", cv::Mat(height, width, CV_8UC3, cv::Scalar::all(grey)), bytes);
  return fmt::format("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n{}\r\n",
                     bytes.size(),
                     std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string refusal(int status, const std::string& headers) {
  return fmt::format("HTTP/1.1 {} x\r\nContent-Length: 0\r\nConnection: close\r\n{}\r\n", status,
                     headers);
}

}  // namespace fovea::testing_support
