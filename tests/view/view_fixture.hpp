// SPDX-License-Identifier: Apache-2.0
#pragma once
// A page of two made-up sources, on a free port of the loopback.

#include <mutex>
#include <string>
#include <utility>

#include "pipeline/view/view.hpp"
#include "tests/view/raw_http.hpp"

namespace fovea::pipeline {

inline LiveStatus status_of_two() {
  LiveStatus status;
  status.model = "fovea-yolos";
  status.device = "no device";
  status.sources.resize(2);
  status.sources[0].name = "gate";
  status.sources[1].name = "yard";
  for (SourceStatus& source : status.sources) source.state = SourceState::running;
  return status;
}

/// Of no matter which source; a watched folder's frames are named by their files.
inline Frame frame_of(std::uint64_t number, int width = 320, int height = 240) {
  Frame frame;
  frame.tag.source = "some/picture.jpg";
  frame.tag.frame = number;
  frame.width_px = width;
  frame.height_px = height;
  frame.image.rgb = cv::Mat(height, width, CV_8UC3, cv::Scalar(10, 120, 200));
  return frame;
}

class OpenView {
 public:
  explicit OpenView(ViewOptions options = {}) : view_(with_port(std::move(options), port_)) {
    view_.begin([this] {
      const std::lock_guard lock(mutex_);
      return status_;
    });
  }
  ~OpenView() { view_.end(); }

  std::uint16_t port() const { return port_; }
  View& view() { return view_; }
  void set_status(LiveStatus status) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
  }
  testing_support::RawAnswer get(const std::string& path, const std::string& headers = {}) const {
    return testing_support::ask(port_, "GET", path, headers);
  }
  testing_support::RawAnswer post(const std::string& path, const std::string& body,
                                  const std::string& headers = {}) const {
    return testing_support::ask(
        port_, "POST", path, "Content-Type: application/x-www-form-urlencoded\r\n" + headers, body);
  }

 private:
  static ViewOptions with_port(ViewOptions options, std::uint16_t& port) {
    options.address = {"127.0.0.1", 0};
    options.version = "0.1.0";
    options.on_open = [&port](const std::string& url) {
      port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    };
    return options;
  }

  std::uint16_t port_ = 0;
  std::mutex mutex_;
  LiveStatus status_ = status_of_two();
  View view_;
};

}  // namespace fovea::pipeline
