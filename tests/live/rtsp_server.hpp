// SPDX-License-Identifier: Apache-2.0
#pragma once
// The RTSP server of rtsp_server.py as a process that can be killed and started again.

#include <csignal>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tests/support/places.hpp"
#include "tests/support/subprocess.hpp"

namespace fovea::testing_support {

/// Debian's Python has the bindings; another one in PATH may not.
inline constexpr const char* kPython = "/usr/bin/python3";

/// Are GStreamer's RTSP server, its Python bindings and its plug-ins for the test pattern here?
inline bool have_rtsp_server() {
  const std::string check =
      "import gi\n"
      "gi.require_version('Gst', '1.0')\n"
      "gi.require_version('GstRtspServer', '1.0')\n"
      "from gi.repository import Gst, GstRtspServer\n"
      "Gst.init(None)\n"
      "names = ['videotestsrc', 'jpegenc', 'rtpjpegpay', 'qtdemux']\n"
      "raise SystemExit(not all(Gst.ElementFactory.find(name) for name in names))\n";
  return test::run_process({kPython, "-c", check}).exit_code == 0;
}

class RtspServer {
 public:
  /// Up at once. `video` may be empty: then there is no /video.
  explicit RtspServer(std::filesystem::path video = {}) : video_(std::move(video)) { start(); }

  void kill() { process_.reset(); }
  /// Silent, with all its connections open, until it may go on.
  void hold() { process_->signal(SIGSTOP); }
  void go_on() { process_->signal(SIGCONT); }
  /// On the port it had before, if it had one.
  void start() {
    const std::filesystem::path script = test::source_dir() / "tests/live/rtsp_server.py";
    std::vector<std::string> words{kPython, script.string(), "--port", port_};
    if (!video_.empty()) words.insert(words.end(), {"--video", video_.string()});
    test::ProcessOptions options;
    options.keep_input_open = true;
    process_ = std::make_unique<test::Process>(words, options);
    const auto said_its_port = [this] { return process_->out_so_far().ends_with('\n'); };
    if (!process_->wait_until(said_its_port, 60)) {
      throw std::runtime_error("the RTSP server did not start: " + process_->err_so_far());
    }
    port_ = process_->out_so_far();
    port_.pop_back();
  }
  /// "rtsp://127.0.0.1:<port>/pattern"
  std::string url(const std::string& path, const std::string& user = {}) const {
    return fmt::format("rtsp://{}{}127.0.0.1:{}{}", user, user.empty() ? "" : "@", port_, path);
  }

 private:
  std::filesystem::path video_;
  std::string port_ = "0";
  std::unique_ptr<test::Process> process_;
};

}  // namespace fovea::testing_support
