// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/video_file.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include "compute/error.hpp"
#include "pipeline/decode/quiet.hpp"
#include "pipeline/sinks/file.hpp"

namespace fovea::pipeline {
namespace fs = std::filesystem;
namespace {

constexpr double kLongestPause_s = 10;

bool open(cv::VideoWriter& writer, const std::string& file, double fps, cv::Size size) {
  const QuietOpenCv quiet;
  for (const char* code : {"avc1", "mp4v"}) {
    const int fourcc = cv::VideoWriter::fourcc(code[0], code[1], code[2], code[3]);
    if (writer.open(file, cv::CAP_FFMPEG, fourcc, fps, size)) return true;
  }
  return false;
}

}  // namespace

VideoPace::Step VideoPace::next(double seconds) {
  const bool first = written_ == 0;
  const double since = seconds - last_s_;
  if (first || since < 0 || since > kLongestPause_s) {
    start_s_ = seconds - static_cast<double>(written_) / fps_;
  }
  last_s_ = seconds;
  const std::int64_t place = std::llround((seconds - start_s_) * fps_);
  if (place < written_) return {0, false};
  const Step step{place - written_, true};
  written_ = place + 1;
  return step;
}

VideoFile::VideoFile(fs::path path, cv::Size size, double fps)
    : path_(std::move(path)),
      partial_(fs::path(path_).replace_extension(".partial.mp4")),
      size_((size.width + 1) / 2 * 2, (size.height + 1) / 2 * 2) {
  make_parent_folder(path_);
  if (open(writer_, partial_.string(), fps, size_)) return;
  throw ConfigError(fmt::format("no video of {} x {} can be written", size_.width, size_.height),
                    path_.string(),
                    "check that the folder can be written and that OpenCV's videoio has FFmpeg");
}

VideoFile::~VideoFile() {
  if (partial_.empty()) return;
  writer_.release();
  std::error_code ignored;
  fs::remove(partial_, ignored);
}

void VideoFile::write(const cv::Mat& rgb, std::int64_t times) {
  cv::Mat inside = rgb;
  if (rgb.cols > size_.width || rgb.rows > size_.height ||
      (rgb.cols < size_.width - 1 && rgb.rows < size_.height - 1)) {
    const double scale = std::min(static_cast<double>(size_.width) / rgb.cols,
                                  static_cast<double>(size_.height) / rgb.rows);
    const cv::Size scaled(
        std::clamp(static_cast<int>(std::lround(rgb.cols * scale)), 1, size_.width),
        std::clamp(static_cast<int>(std::lround(rgb.rows * scale)), 1, size_.height));
    cv::resize(rgb, inside, scaled, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  }
  const int left = (size_.width - inside.cols) / 2, top = (size_.height - inside.rows) / 2;
  cv::copyMakeBorder(inside, fitted_, top, size_.height - inside.rows - top, left,
                     size_.width - inside.cols - left, cv::BORDER_CONSTANT);
  cv::cvtColor(fitted_, fitted_, cv::COLOR_RGB2BGR);
  for (std::int64_t i = 0; i < times; ++i) writer_.write(fitted_);
  written_ += times;
}

void VideoFile::finish() {
  writer_.release();
  // The writer reports nothing, so the file is asked.
  const QuietOpenCv quiet;
  const cv::VideoCapture whole(partial_.string(), cv::CAP_FFMPEG);
  const auto there =
      whole.isOpened() ? std::llround(whole.get(cv::CAP_PROP_FRAME_COUNT)) : std::int64_t{0};
  if (there != written_) {
    throw Error(fmt::format("the video has {} of {} pictures", there, written_), path_.string(),
                "free space on the disk and run it again");
  }
  std::error_code error;
  fs::rename(partial_, path_, error);
  if (error) {
    throw Error("the video cannot be given its name: " + error.message(), path_.string(),
                "check the folder's permissions");
  }
  partial_.clear();
}

}  // namespace fovea::pipeline
