// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/make_sources.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "pipeline/config/mask.hpp"
#include "pipeline/sources/av_camera.hpp"
#include "pipeline/sources/mjpeg_camera.hpp"
#include "pipeline/sources/watched_folder.hpp"
#include "pipeline/sources/webcam.hpp"

namespace fovea::pipeline {

namespace {

// Frames of a file that are ready while the line is busy with others.
constexpr std::size_t kReadAhead = 4;

/// Pictures that lie there already, as a camera that never waits.
class PictureCamera : public Camera {
 public:
  PictureCamera(const SourceConfig& config, const SourceOptions& options)
      : sources_(std::span(&config, 1), options) {}

  std::optional<Shot> read() override {
    auto item = sources_.next();
    if (!item) return std::nullopt;
    return std::visit([](auto& held) { return shot_now(std::move(held)); }, *item);
  }

 private:
  Sources sources_;
};

OpenCamera opener(const SourceConfig& config, const RunConfig& run, const SourceOptions& inputs) {
  const bool prints = config.frozen_timeout.count() > 0;
  const std::uint64_t max_pixels = run.limits.max_pixels;
  switch (config.kind) {
    case SourceKind::webcam:
      return [options = WebcamOptions{config.address, config.width, config.height, config.fps,
                                      config.fourcc, prints}](const Cancel& cancel) {
        return open_webcam(options, cancel);
      };
    case SourceKind::rtsp:
      return [options = RtspOptions{config.address, config.transport, config.open_timeout,
                                    max_pixels, prints}](const Cancel& cancel) {
        return open_rtsp(options, cancel);
      };
    case SourceKind::mjpeg:
      return [options = MjpegOptions{config.address, config.open_timeout,
                                     std::min<std::uint64_t>(run.limits.max_bytes, 64ULL << 20),
                                     prints}](const Cancel& cancel) {
        return open_mjpeg(options, cancel);
      };
    case SourceKind::video:
      return [options = VideoOptions{config.path, config.realtime, max_pixels}](
                 const Cancel& cancel) { return open_video(options, cancel); };
    case SourceKind::path:
    case SourceKind::list:
    case SourceKind::stdin_paths:
      break;
  }
  if (config.watch) {
    WatchedFolderOptions options;
    options.config = config;
    options.not_input = inputs.not_input;
    return [options, arrivals = std::make_shared<Arrivals>()](const Cancel& cancel) {
      return watch_folder(options, arrivals, cancel);
    };
  }
  return [config, inputs](const Cancel& cancel) {
    SourceOptions options = inputs;
    options.stop = &cancel;
    return std::make_unique<PictureCamera>(config, options);
  };
}

std::string address_of(const SourceConfig& config) {
  if (is_camera(config)) return masked_address(config.address);
  return config.kind == SourceKind::stdin_paths ? "standard input" : config.path.string();
}

/// `name`, or with a number behind it where another source has it already.
std::string unlike(std::string name, std::set<std::string>& taken) {
  std::string free = name;
  for (int i = 2; !taken.insert(free).second; ++i) free = name + " (" + std::to_string(i) + ")";
  return free;
}

}  // namespace

std::vector<LiveSource> make_live_sources(const RunConfig& config, const SourceOptions& inputs) {
  std::vector<LiveSource> sources;
  std::set<std::string> names;
  for (const SourceConfig& source : config.sources) {
    LiveSource live;
    live.address = address_of(source);
    live.name = unlike(source.name.empty() ? live.address : source.name, names);
    live.open = opener(source, config, inputs);
    live.of_now = is_camera(source) || source.realtime;
    if (source.kind == SourceKind::video) live.file = source.path;
    live.watch.open_timeout = source.open_timeout;
    live.watch.stall_timeout = source.stall_timeout;
    live.watch.frozen_timeout = source.frozen_timeout;
    live.watch.reconnect_initial = source.reconnect.initial;
    live.watch.reconnect_max = source.reconnect.max;
    live.watch.jitter = source.reconnect.jitter;
    live.watch.finite = !is_camera(source) && !source.watch;
    live.watch.patient = source.watch;
    live.queue = {Policy::all, kReadAhead, {}, 0};
    if (live.of_now) {
      const LatencyConfig& latency = config.latency;
      live.queue = {
          latency.policy, static_cast<std::size_t>(latency.queue), {}, latency.max_fps, true};
      if (latency.max_age.count() > 0) live.queue.max_age = latency.max_age;
    }
    sources.push_back(std::move(live));
  }
  return sources;
}

}  // namespace fovea::pipeline
