// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "pipeline/sinks/annotate.hpp"
#include "pipeline/sinks/event_json.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/picture_writer.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/streams.hpp"
#include "pipeline/sinks/video_file.hpp"
#include "pipeline/track/per_source.hpp"
#include "pipeline/track/stream_time.hpp"

namespace fovea::pipeline {
namespace {

constexpr double kLongestClip_s = 600;  // then a further one begins
constexpr double kInstant_s = 1e-6;     // times are whole microseconds, their differences nearly
constexpr int kQuality = 90;            // of the JPEGs that wait: a twentieth of the pixels

double as_seconds(std::chrono::milliseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

/// The last pictures of a stream, as JPEGs, within a time and a number of bytes.
class Lately {
 public:
  struct Picture {
    double seconds = 0;
    std::vector<unsigned char> jpeg;
  };

  void add(double seconds, const cv::Mat& rgb, double keep_s, std::uint64_t keep_bytes) {
    if (!pictures_.empty() && seconds < pictures_.back().seconds) clear();
    Picture& picture = pictures_.emplace_back();
    picture.seconds = seconds;
    cv::Mat bgr;
    cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
    cv::imencode(".jpg", bgr, picture.jpeg, {cv::IMWRITE_JPEG_QUALITY, kQuality});
    bytes_ += picture.jpeg.size();
    while (bytes_ > keep_bytes || seconds - pictures_.front().seconds > keep_s + kInstant_s) {
      bytes_ -= pictures_.front().jpeg.size();
      pictures_.pop_front();
      if (pictures_.empty()) return;
    }
  }
  const std::deque<Picture>& pictures() const { return pictures_; }

 private:
  void clear() {
    pictures_.clear();
    bytes_ = 0;
  }
  std::deque<Picture> pictures_;
  std::uint64_t bytes_ = 0;
};

/// A clip that is being written.
class Clip {
 public:
  Clip(std::filesystem::path path, cv::Size size, double fps, double seconds)
      : file_(std::move(path), size, fps), pace_(fps), begin_s_(seconds) {}

  void add(double seconds, cv::Mat rgb) {
    const VideoPace::Step step = pace_.next(seconds);
    if (step.again > 0) file_.write(last_, step.again);
    if (step.write) file_.write(rgb);
    last_ = std::move(rgb);
  }
  void last_until(double seconds) { end_s_ = std::min(seconds, begin_s_ + kLongestClip_s); }
  bool is_over(double seconds) const { return seconds > end_s_ - kInstant_s || seconds < begin_s_; }
  void finish() { file_.finish(); }

 private:
  VideoFile file_;
  VideoPace pace_;
  double begin_s_, end_s_ = 0;
  cv::Mat last_;
};

class ClipsSink final : public Sink {
 public:
  ClipsSink(const ClipsConfig& config, const SinkContext& context)
      : config_(config), areas_(context.areas) {
    make_parent_folder(config_.dir / "x");
  }

  bool wants_image() const override { return true; }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    Stream& stream = streams_.of(stream_of(frame->tag), [] { return Stream(); });
    const double seconds = is_of_stream(frame->tag)
                               ? seconds_of(frame->tag)
                               : static_cast<double>(stream.stills++) / config_.fps;
    const cv::Mat picture = annotated(*frame, areas_);
    if (stream.clip) {
      if (stream.clip->is_over(seconds)) {
        end(stream);
      } else {
        stream.clip->add(seconds, picture);
      }
    }
    stream.lately.add(seconds, picture, as_seconds(config_.before), config_.memory);
    for (const Event& event : frame->events) {
      if (!is_wanted(event, config_.on)) continue;
      if (!stream.clip) begin(stream, *frame, event, seconds, picture);
      stream.clip->last_until(seconds + as_seconds(config_.after));
    }
  }

  void finish(const RunSummary&) override {
    EndAll ends;
    streams_.each([&](const std::string&, Stream& stream) { ends.one([&] { end(stream); }); });
    ends.rethrow();
  }

 private:
  struct Stream {
    Lately lately;
    std::unique_ptr<Clip> clip;
    std::uint64_t stills = 0;
  };

  /// With what the stream showed lately, the event's own picture last.
  void begin(Stream& stream, const Frame& frame, const Event& event, double seconds,
             const cv::Mat& picture) {
    const auto path = config_.dir / (picture_name(frame.tag) + "_" + event.kind + ".mp4");
    stream.clip = std::make_unique<Clip>(path, picture.size(), config_.fps, seconds);
    for (const Lately::Picture& before : stream.lately.pictures()) {
      if (before.seconds >= seconds) break;
      cv::Mat rgb = cv::imdecode(before.jpeg, cv::IMREAD_COLOR);
      cv::cvtColor(rgb, rgb, cv::COLOR_BGR2RGB);
      stream.clip->add(before.seconds, std::move(rgb));
    }
    stream.clip->add(seconds, picture);
  }

  static void end(Stream& stream) {
    if (!stream.clip) return;
    stream.clip->finish();
    stream.clip.reset();
  }

  ClipsConfig config_;
  const ZonesConfig areas_;
  PerSource<Stream> streams_;
};

}  // namespace

std::unique_ptr<Sink> make_clips_sink(const ClipsConfig& config, const SinkContext& context) {
  return std::make_unique<ClipsSink>(config, context);
}

}  // namespace fovea::pipeline
