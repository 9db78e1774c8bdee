// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "pipeline/sinks/annotate.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/safe_name.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/streams.hpp"
#include "pipeline/sinks/video_file.hpp"
#include "pipeline/track/stream_time.hpp"

namespace fovea::pipeline {
namespace {

class VideoSink final : public Sink {
 public:
  VideoSink(const VideoConfig& config, const SinkContext& context)
      : config_(config), areas_(context.areas), several_(context.several_sources) {
    make_parent_folder(config_.path);
  }

  bool wants_image() const override { return true; }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    const std::string name = stream_of(frame->tag);
    const cv::Mat picture = annotated(*frame, areas_);
    std::unique_ptr<Reel>& reel = reels_[name];
    if (!reel) reel = std::make_unique<Reel>(path_of(name), picture.size(), config_.fps);
    VideoPace::Step step;
    if (is_of_stream(frame->tag)) step = reel->pace.next(seconds_of(frame->tag));
    if (step.again > 0) reel->file.write(reel->last, step.again);
    if (step.write) reel->file.write(picture);
    reel->last = picture;
  }

  void finish(const RunSummary&) override {
    EndAll ends;
    for (auto& [name, reel] : reels_) ends.one([&file = reel->file] { file.finish(); });
    ends.rethrow();
  }

 private:
  struct Reel {
    Reel(std::filesystem::path path, cv::Size size, double fps)
        : file(std::move(path), size, fps), pace(fps) {}
    VideoFile file;
    VideoPace pace;
    cv::Mat last;
  };

  /// out.mp4, or of several streams out_NAME.mp4.
  std::filesystem::path path_of(const std::string& stream) {
    if (!several_ || stream.empty()) return config_.path;
    const std::string folder = names_.of(static_cast<int>(reels_.size()), stream);
    return config_.path.parent_path() / (config_.path.stem().string() + "_" + folder + ".mp4");
  }

  VideoConfig config_;
  const ZonesConfig areas_;
  const bool several_;
  FolderNames names_;
  std::map<std::string, std::unique_ptr<Reel>> reels_;  // by stream
};

}  // namespace

std::unique_ptr<Sink> make_video_sink(const VideoConfig& config, const SinkContext& context) {
  return std::make_unique<VideoSink>(config, context);
}

}  // namespace fovea::pipeline
