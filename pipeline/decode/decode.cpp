// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decode/decode.hpp"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "pipeline/decode/header.hpp"
#include "pipeline/decode/orientation.hpp"
#include "pipeline/decode/pixel_pool.hpp"
#include "pipeline/decode/quiet.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::uint64_t kMaxSide = std::uint64_t{1} << 20;  // OpenCV's own limit

std::string size_text(std::uint64_t w, std::uint64_t h) { return fmt::format("{}x{}", w, h); }

void check_size(const PictureHeader& header, const DecodeOptions& options) {
  const std::string size = size_text(header.width, header.height);
  if (header.width == 0 || header.height == 0)
    throw FrameError(fmt::format("{}: the header states a size of {}", header.format, size));
  if (header.width > kMaxSide || header.height > kMaxSide)
    throw FrameError(
        fmt::format("{}: {} pixels; no side may exceed {}", header.format, size, kMaxSide));
  if (header.width * header.height > options.max_pixels)
    throw FrameError(fmt::format("{}: {} is {} pixels, more than the limit of {} (max_pixels)",
                                 header.format, size, header.width * header.height,
                                 options.max_pixels));
  if (header.frame_w == 0) return;
  if (header.frame_x + header.frame_w > header.width ||
      header.frame_y + header.frame_h > header.height)
    throw FrameError(
        fmt::format("{}: damaged, the first frame exceeds the picture", header.format));
}

int colour_flag(int reduction) {
  switch (reduction) {
    case 2:
      return cv::IMREAD_REDUCED_COLOR_2;
    case 4:
      return cv::IMREAD_REDUCED_COLOR_4;
    case 8:
      return cv::IMREAD_REDUCED_COLOR_8;
    default:
      assert(reduction == 1);
      return cv::IMREAD_COLOR;
  }
}

cv::Mat opencv_decode(Bytes bytes, const PictureHeader& header, int reduction) {
  const QuietOpenCv quiet;
  // Orientation is applied here: OpenCV's versions differ in the formats they look into.
  const int flags = header.read == PixelRead::stored
                        ? cv::IMREAD_UNCHANGED
                        : colour_flag(reduction) | cv::IMREAD_IGNORE_ORIENTATION;
  // imdecode reads only; its parameter has no way to say so.
  const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8UC1,
                       const_cast<std::byte*>(bytes.data()));
  try {
    cv::Mat pixels = pooled_mat();
    return cv::imdecode(buffer, flags, &pixels);
  } catch (const std::bad_alloc&) {
    throw FrameError(fmt::format("{}: not enough memory for {} pixels", header.format,
                                 size_text(header.width, header.height)));
  } catch (const cv::Exception& error) {
    throw FrameError(
        fmt::format("{}: OpenCV {} refuses it: {}", header.format, CV_VERSION, error.err));
  }
}

/// Any of OpenCV's layouts to [H, W] CV_8UC3 in R, G, B order.
cv::Mat to_rgb8(cv::Mat pixels, const PictureHeader& header) {
  if (pixels.depth() == CV_16U) {
    // The high byte: 16 bits hold 257 times what 8 bits would, so this is at most one level off.
    cv::Mat low(pixels.size(), CV_MAKETYPE(CV_8U, pixels.channels()));
    const int values = pixels.cols * pixels.channels();
    for (int row = 0; row < pixels.rows; ++row) {
      const auto* in = pixels.ptr<std::uint16_t>(row);
      std::uint8_t* out = low.ptr(row);
      for (int i = 0; i < values; ++i) out[i] = static_cast<std::uint8_t>(in[i] >> 8);
    }
    pixels = low;
  }
  if (pixels.depth() != CV_8U)
    throw FrameError(fmt::format("{}: samples that are not 8 or 16 bits", header.format));
  cv::Mat rgb = pooled_mat();
  switch (pixels.channels()) {
    case 1:
      cv::cvtColor(pixels, rgb, cv::COLOR_GRAY2RGB);
      return rgb;
    case 3:
      cv::cvtColor(pixels, rgb, cv::COLOR_BGR2RGB);
      return rgb;
    case 4:
      cv::cvtColor(pixels, rgb, cv::COLOR_BGRA2RGB);
      return rgb;
    default:
      throw FrameError(
          fmt::format("{}: {} channels, not 1, 3 or 4", header.format, pixels.channels()));
  }
}

int reduction_of(const PictureHeader& header, const DecodeOptions& options) {
  if (!options.reduction || header.format != "JPEG") return 1;
  const auto w = static_cast<int>(header.width), h = static_cast<int>(header.height);
  return swaps_sides(header.orientation) ? options.reduction(w, h) : options.reduction(h, w);
}

/// The first frame of an animation on its black canvas.
cv::Mat on_canvas(const cv::Mat& frame, const PictureHeader& header) {
  cv::Mat canvas =
      cv::Mat::zeros(static_cast<int>(header.height), static_cast<int>(header.width), CV_8UC3);
  frame.copyTo(canvas(cv::Rect(static_cast<int>(header.frame_x), static_cast<int>(header.frame_y),
                               frame.cols, frame.rows)));
  return canvas;
}

void check_bytes(std::uint64_t size, const DecodeOptions& options) {
  if (size > options.max_bytes)
    throw FrameError(fmt::format("the file has {} bytes, more than the limit of {} (max_bytes)",
                                 size, options.max_bytes));
  if (size > std::uint64_t{0x7FFFFFFF} - 2)
    throw FrameError(fmt::format("the file has {} bytes, more than OpenCV's 2^31", size));
}

std::vector<std::byte> read_file(const std::filesystem::path& path, const DecodeOptions& options) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw FrameError("the file does not exist");
  if (error) throw FrameError(fmt::format("the file cannot be opened: {}", error.message()));
  if (status.type() == std::filesystem::file_type::directory)
    throw FrameError("this is a folder, not a file");
  if (status.type() != std::filesystem::file_type::regular)
    throw FrameError("this is a pipe or a device, not a regular file");
  errno = 0;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw FrameError(fmt::format("the file cannot be opened: {}", std::strerror(errno)));
  const auto size = static_cast<std::uint64_t>(file.tellg());
  check_bytes(size, options);
  std::vector<std::byte> bytes(size);
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
    throw FrameError(
        fmt::format("the file cannot be read: {} of {} bytes came", file.gcount(), size));
  return bytes;
}

}  // namespace

Decoded decode_bytes(std::span<const std::byte> bytes, const DecodeOptions& options) {
  check_bytes(bytes.size(), options);
  const PictureHeader header = read_header(bytes);
  check_size(header, options);
  if (header.truncated && !options.accept_truncated)
    throw FrameError(
        fmt::format("{}: the file is cut short; 'truncated: accept' takes the part that is there",
                    header.format));

  const int reduction = reduction_of(header, options);
  cv::Mat pixels =
      opencv_decode(header.rewritten.empty() ? bytes : Bytes(header.rewritten), header, reduction);
  if (pixels.empty())
    throw FrameError(fmt::format("{}: the picture data of {} pixels is damaged or cut short",
                                 header.format, size_text(header.width, header.height)));
  const bool animated = header.frame_w != 0;
  const auto reduced = [&](std::uint64_t side) {
    const auto parts = static_cast<std::uint64_t>(reduction);
    return (side + parts - 1) / parts;
  };
  const std::uint64_t w = animated ? header.frame_w : reduced(header.width);
  const std::uint64_t h = animated ? header.frame_h : reduced(header.height);
  if (static_cast<std::uint64_t>(pixels.cols) != w || static_cast<std::uint64_t>(pixels.rows) != h)
    throw FrameError(fmt::format("{}: damaged, the header states {} pixels and the data holds {}",
                                 header.format, size_text(w, h),
                                 size_text(static_cast<std::uint64_t>(pixels.cols),
                                           static_cast<std::uint64_t>(pixels.rows))));
  pixels = to_rgb8(std::move(pixels), header);
  if (animated) pixels = on_canvas(pixels, header);

  Decoded decoded;
  decoded.image.rgb = upright(pixels, header.orientation);
  decoded.orientation = header.orientation;
  decoded.reduction = reduction;
  decoded.source_w = static_cast<int>(header.width);
  decoded.source_h = static_cast<int>(header.height);
  if (swaps_sides(header.orientation)) std::swap(decoded.source_w, decoded.source_h);
  decoded.format = header.format;
  decoded.truncated = header.truncated;
  return decoded;
}

Decoded decode_file(const std::filesystem::path& path, const DecodeOptions& options) {
  return decode_bytes(read_file(path, options), options);
}

}  // namespace fovea::pipeline
