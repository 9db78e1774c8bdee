// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/av_camera.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "pipeline/sources/av.hpp"
#include "pipeline/sources/av_picture.hpp"
#include "pipeline/sources/camera_trouble.hpp"

namespace fovea::pipeline {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

// A stream's parameters must be known within this much of it; its pictures bring the rest.
constexpr std::int64_t kAnalyzeUs = 2'000'000;
// How long a paced read sleeps between two looks at `cancel`.
constexpr std::chrono::milliseconds kNap{50};

struct OpenOptions {
  std::string address;
  bool is_stream = false;
  Transport transport = Transport::tcp;
  std::chrono::milliseconds open_timeout{10'000};
  std::uint64_t max_pixels = 0;
  bool prints = false;
  bool realtime = false;
};

class AvCamera : public Camera {
 public:
  AvCamera(OpenOptions options, const Cancel& cancel)
      : options_(std::move(options)), cancel_(cancel), picture_(options_.max_pixels) {
    quiet_av();
    open();
  }

  std::string mode() const override {
    const AVStream* stream = input_->streams[stream_];
    const AVCodecParameters& codec = *stream->codecpar;
    std::string mode;
    if (codec.width > 0) mode = fmt::format("{}x{}, ", codec.width, codec.height);
    const AVRational rate =
        stream->avg_frame_rate.num > 0 ? stream->avg_frame_rate : stream->r_frame_rate;
    if (rate.num > 0 && rate.den > 0) mode += fmt::format("{:.4g} fps, ", av_q2d(rate));
    return mode + avcodec_get_name(codec.codec_id);
  }

  std::optional<Shot> read() override {
    while (!cancel_.load()) {
      const int got = avcodec_receive_frame(decoder_.get(), frame_.get());
      if (got == 0) {
        auto shot = to_shot();
        av_frame_unref(frame_.get());
        if (!shot) return std::nullopt;
        return shot;
      }
      if (got == AVERROR_EOF) return std::nullopt;
      if (got != AVERROR(EAGAIN)) return shot_now(Spoilt{"a damaged picture: " + av_text(got)});
      if (const int fault = feed(); fault < 0) {
        return shot_now(Spoilt{"a damaged piece of the stream: " + av_text(fault)});
      }
    }
    return std::nullopt;
  }

 private:
  void open() {
    if (options_.is_stream) deadline_ = Clock::now() + options_.open_timeout;
    AVFormatContext* context = avformat_alloc_context();
    if (context == nullptr) throw std::bad_alloc();
    context->interrupt_callback = {&AvCamera::interrupted, this};
    context->max_analyze_duration = kAnalyzeUs;
    if (options_.is_stream) context->flags |= AVFMT_FLAG_NOBUFFER;
    Dictionary dictionary;
    if (options_.is_stream) {
      dictionary.set("rtsp_transport", options_.transport == Transport::udp ? "udp" : "tcp");
    }
    // Frees the context where it fails.
    require(avformat_open_input(&context, options_.address.c_str(), nullptr, dictionary.get()));
    input_.reset(context);
    require(avformat_find_stream_info(context, nullptr));
    const AVCodec* codec = nullptr;
    stream_ = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (stream_ < 0) throw CameraError("there is no video in it that can be decoded");
    for (unsigned i = 0; i < context->nb_streams; ++i) {
      context->streams[i]->discard =
          static_cast<int>(i) == stream_ ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
    decoder_.reset(avcodec_alloc_context3(codec));
    packet_.reset(av_packet_alloc());
    frame_.reset(av_frame_alloc());
    if (!decoder_ || !packet_ || !frame_) throw std::bad_alloc();
    require(avcodec_parameters_to_context(decoder_.get(), context->streams[stream_]->codecpar));
    decoder_->max_pixels = static_cast<std::int64_t>(options_.max_pixels);
    // More threads would hold frames back, and there are other cameras.
    decoder_->thread_count = 1;
    if (options_.is_stream) decoder_->flags |= AV_CODEC_FLAG_LOW_DELAY;
    require(avcodec_open2(decoder_.get(), codec, nullptr));
    picture_.turn_as(*context->streams[stream_]);
    deadline_ = Clock::time_point::max();  // from here on the supervisor keeps the time
  }

  /// Called by FFmpeg while it waits.
  static int interrupted(void* self) {
    const auto& camera = *static_cast<AvCamera*>(self);
    return camera.cancel_.load() || Clock::now() > camera.deadline_ ? 1 : 0;
  }

  void require(int result) const {
    if (result >= 0) return;
    if (result == AVERROR_EXIT) throw CameraError("no answer in time");
    if (const int status = av_refusal(result); status != 0) throw CameraError(refusal_text(status));
    throw CameraError(av_text(result));
  }

  /// The next packet into the decoder; at the end, word of it. Negative for a damaged packet.
  int feed() {
    while (true) {
      const int got = av_read_frame(input_.get(), packet_.get());
      if (got == AVERROR_EOF && !options_.is_stream) {
        return avcodec_send_packet(decoder_.get(), nullptr);
      }
      if (got == AVERROR_EXIT) return 0;
      if (got == AVERROR_EOF) throw CameraError("the server ended the stream");
      if (got < 0) throw CameraError(av_text(got));
      const int fault = packet_->stream_index == stream_
                            ? avcodec_send_packet(decoder_.get(), packet_.get())
                            : AVERROR(EAGAIN);
      av_packet_unref(packet_.get());
      if (fault != AVERROR(EAGAIN)) return fault == AVERROR_EOF ? 0 : fault;
    }
  }

  /// Nothing once cancelled.
  std::optional<Shot> to_shot() {
    const AVStream* stream = input_->streams[stream_];
    std::optional<microseconds> position;
    if (frame_->best_effort_timestamp != AV_NOPTS_VALUE && !options_.is_stream) {
      const std::int64_t us =
          av_rescale_q(frame_->best_effort_timestamp, stream->time_base, {1, 1'000'000});
      if (!first_us_) first_us_ = us;
      position = microseconds(us - *first_us_);
    }
    if (options_.realtime && !pace(position.value_or(microseconds(0)))) return std::nullopt;
    vision::Image image;
    try {
      image.rgb = picture_.to_rgb(*frame_);
    } catch (const FrameError& error) {
      return shot_now(Spoilt{error.what()});
    }
    const std::uint64_t print =
        options_.prints ? picture_print(image.rgb.data, image.rgb.total() * image.rgb.elemSize())
                        : 0;
    Shot shot = shot_now(std::move(image));
    shot.position = position;
    shot.print = print;
    return shot;
  }

  /// Sleeps until the frame is due. False once cancelled.
  bool pace(microseconds position) {
    if (!started_) started_ = Clock::now() - position;
    const auto due = *started_ + position;
    while (!cancel_.load()) {
      const auto now = Clock::now();
      if (now >= due) return true;
      std::this_thread::sleep_for(std::min<Clock::duration>(kNap, due - now));
    }
    return false;
  }

  const OpenOptions options_;
  const Cancel& cancel_;
  Clock::time_point deadline_ = Clock::time_point::max();  // of opening
  AvPicture picture_;
  AvInput input_;
  int stream_ = -1;
  AvDecoder decoder_;
  AvPacketPtr packet_;
  AvFramePtr frame_;
  std::optional<std::int64_t> first_us_;
  std::optional<Clock::time_point> started_;
};

}  // namespace

std::unique_ptr<Camera> open_rtsp(const RtspOptions& options, const Cancel& cancel) {
  OpenOptions open;
  open.address = options.url;
  open.is_stream = true;
  open.transport = options.transport;
  open.open_timeout = options.open_timeout;
  open.max_pixels = options.max_pixels;
  open.prints = options.prints;
  return std::make_unique<AvCamera>(std::move(open), cancel);
}

std::unique_ptr<Camera> open_video(const VideoOptions& options, const Cancel& cancel) {
  OpenOptions open;
  // Taken as a file even where its name looks like an address.
  open.address = "file:" + options.file.string();
  open.realtime = options.realtime;
  open.max_pixels = options.max_pixels;
  return std::make_unique<AvCamera>(std::move(open), cancel);
}

}  // namespace fovea::pipeline
