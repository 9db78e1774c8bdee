// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/stdin_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/sources/list_source.hpp"
#include "pipeline/sources/picture_kinds.hpp"

namespace fovea::pipeline {

namespace {

constexpr std::size_t kChunk = 64 << 10;
constexpr std::size_t kLongestMagic = 16;
constexpr std::size_t kLongestPath = 1 << 16;  // PATH_MAX is 4096; more is no path
constexpr int kPollMs = 100;                   // how late a stop is noticed

}  // namespace

bool StdinSource::read_more() {
  while (!ended_ && !stopped()) {
    pollfd waiting{options_.descriptor, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, kPollMs);
    if (ready < 0 && errno != EINTR) break;
    if (ready <= 0) continue;
    std::array<char, kChunk> chunk;
    const auto count = ::read(options_.descriptor, chunk.data(), chunk.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) {
      throw Error(fmt::format("reading failed: {}", std::generic_category().message(errno)),
                  "standard input", "check what feeds it");
    }
    if (count == 0) break;
    buffer_.append(chunk.data(), static_cast<std::size_t>(count));
    return true;
  }
  ended_ = true;
  return false;
}

Outcome<Packet> StdinSource::read_picture() {
  while (buffer_.size() <= options_.max_bytes && read_more()) {
  }
  mode_ = Mode::over;
  const FrameTag tag{0, "-", 0};
  if (buffer_.size() > options_.max_bytes) {
    return Failure{tag,
                   {},
                   "source",
                   fmt::format("more than the limit of {} bytes", options_.max_bytes),
                   buffer_.size()};
  }
  const auto bytes = std::as_bytes(std::span(buffer_));
  Packet packet{tag, {}, {bytes.begin(), bytes.end()}};
  buffer_ = {};
  return packet;
}

std::optional<Outcome<Packet>> StdinSource::next() {
  if (mode_ == Mode::unknown) {
    while (buffer_.size() < kLongestMagic && read_more()) {
    }
    if (starts_like_picture(std::as_bytes(std::span(buffer_)))) return read_picture();
    mode_ = buffer_.find('\0') == std::string::npos ? Mode::lines : Mode::nul;
  }
  const char separator = mode_ == Mode::nul ? '\0' : '\n';
  while (mode_ != Mode::over && !stopped()) {
    const std::size_t end = buffer_.find(separator, searched_);
    std::string path;
    if (end != std::string::npos) {
      path = buffer_.substr(begin_, end - begin_);
      begin_ = searched_ = end + 1;
    } else {
      searched_ = buffer_.size();
      if (begin_ > 0) {
        buffer_.erase(0, begin_);
        searched_ -= std::exchange(begin_, 0);
      }
      if (buffer_.size() > kLongestPath) {
        throw Error("neither a picture nor paths", "standard input",
                    "send one picture's bytes, or paths one a line");
      }
      if (read_more()) continue;
      mode_ = Mode::over;
      path = std::move(buffer_);
    }
    if (separator == '\n' && path.ends_with('\r')) path.pop_back();
    if (path.empty()) continue;
    return named_picture(path, path);
  }
  return std::nullopt;
}

}  // namespace fovea::pipeline
