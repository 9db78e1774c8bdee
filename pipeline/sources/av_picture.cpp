// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/av_picture.hpp"

#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include <opencv2/core.hpp>

#include "pipeline/decode/pixel_pool.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {

namespace {

/// The stream's display matrix, nine numbers; null where there is none.
const std::int32_t* display_matrix(const AVStream& stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  const AVPacketSideData* data =
      av_packet_side_data_get(stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data,
                              AV_PKT_DATA_DISPLAYMATRIX);
  return data == nullptr || data->size < 9 * sizeof(std::int32_t)
             ? nullptr
             : reinterpret_cast<const std::int32_t*>(data->data);
#else
  std::size_t size = 0;
  const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data == nullptr || size < 9 * sizeof(std::int32_t)
             ? nullptr
             : reinterpret_cast<const std::int32_t*>(data);
#endif
}

}  // namespace

void AvPicture::turn_as(const AVStream& stream) {
  const std::int32_t* matrix = display_matrix(stream);
  if (matrix == nullptr) return;
  const double degrees = av_display_rotation_get(matrix);  // counter-clockwise, or not a number
  if (std::isnan(degrees)) return;
  clockwise_ = static_cast<int>((std::lround(-degrees / 90) % 4 + 4) % 4);
}

cv::Mat AvPicture::to_rgb(const AVFrame& frame) {
  if (frame.width < 1 || frame.height < 1 ||
      static_cast<std::uint64_t>(frame.width) * static_cast<std::uint64_t>(frame.height) >
          max_pixels_) {
    throw FrameError(
        fmt::format("a picture of {}x{} pixels is beyond the limit", frame.width, frame.height));
  }
  const auto format = static_cast<AVPixelFormat>(frame.format);
  scaler_.reset(sws_getCachedContext(scaler_.release(), frame.width, frame.height, format,
                                     frame.width, frame.height, AV_PIX_FMT_RGB24,
                                     SWS_BICUBIC | SWS_FULL_CHR_H_INT | SWS_ACCURATE_RND, nullptr,
                                     nullptr, nullptr));
  if (!scaler_) throw FrameError("its pixel format cannot be turned into RGB");
  const int* coefficients = sws_getCoefficients(
      frame.colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_DEFAULT : frame.colorspace);
  const bool full = frame.color_range == AVCOL_RANGE_JPEG || format == AV_PIX_FMT_YUVJ420P ||
                    format == AV_PIX_FMT_YUVJ422P || format == AV_PIX_FMT_YUVJ444P;
  sws_setColorspaceDetails(scaler_.get(), coefficients, full ? 1 : 0,
                           sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
  cv::Mat rgb = pooled_mat();
  rgb.create(frame.height, frame.width, CV_8UC3);
  std::uint8_t* const planes[4] = {rgb.data, nullptr, nullptr, nullptr};
  const int strides[4] = {static_cast<int>(rgb.step), 0, 0, 0};
  if (sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, planes, strides) !=
      frame.height) {
    throw FrameError("its pixels cannot be turned into RGB");
  }
  if (clockwise_ == 0) return rgb;
  constexpr cv::RotateFlags kTurns[] = {cv::ROTATE_90_CLOCKWISE, cv::ROTATE_180,
                                        cv::ROTATE_90_COUNTERCLOCKWISE};
  cv::Mat upright = pooled_mat();
  cv::rotate(rgb, upright, kTurns[clockwise_ - 1]);
  return upright;
}

}  // namespace fovea::pipeline
