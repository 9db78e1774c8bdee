// SPDX-License-Identifier: Apache-2.0
#pragma once
// The door to FFmpeg's libraries: their headers, owners for their objects, words for their errors.
// For av_*.cpp only.

#include <memory>
#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/mathematics.h>
#include <libswscale/swscale.h>
}

namespace fovea::pipeline {

struct AvFree {
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};
using AvInput = std::unique_ptr<AVFormatContext, AvFree>;
using AvDecoder = std::unique_ptr<AVCodecContext, AvFree>;
using AvPacketPtr = std::unique_ptr<AVPacket, AvFree>;
using AvFramePtr = std::unique_ptr<AVFrame, AvFree>;
using AvScaler = std::unique_ptr<SwsContext, AvFree>;

/// Options for FFmpeg to take from.
class Dictionary {
 public:
  Dictionary() = default;
  ~Dictionary() { av_dict_free(&entries_); }
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;
  void set(const char* name, const char* value) { av_dict_set(&entries_, name, value, 0); }
  AVDictionary** get() { return &entries_; }

 private:
  AVDictionary* entries_ = nullptr;
};

/// FFmpeg's own lines on standard error would repeat addresses with their passwords.
inline void quiet_av() { av_log_set_level(AV_LOG_QUIET); }

/// What the error number means: "Connection refused".
inline std::string av_text(int error) {
  char text[AV_ERROR_MAX_STRING_SIZE] = "";
  av_strerror(error, text, sizeof text);
  return text;
}

/// The status by which a server refused, or 0. FFmpeg does not tell 500 from 503.
inline int av_refusal(int error) {
  switch (error) {
    case AVERROR_HTTP_UNAUTHORIZED:
      return 401;
    case AVERROR_HTTP_FORBIDDEN:
      return 403;
    case AVERROR_HTTP_NOT_FOUND:
      return 404;
    case AVERROR_HTTP_SERVER_ERROR:
      return 500;
    default:
      return 0;
  }
}

}  // namespace fovea::pipeline
