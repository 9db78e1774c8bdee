// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/webcam.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <unistd.h>

#include "pipeline/decode/pixel_pool.hpp"
#include "pipeline/decode/quiet.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;

namespace {

std::string fourcc_text(double property) {
  const auto code = static_cast<std::uint32_t>(property);
  std::string text;
  for (int i = 0; i < 4; ++i) {
    const auto letter = static_cast<char>((code >> (8 * i)) & 0xff);
    if (std::isprint(static_cast<unsigned char>(letter)) != 0) text += letter;
  }
  return text;
}

std::string mode_text(int width, int height, double fps, const std::string& fourcc) {
  std::vector<std::string> parts;
  if (width > 0) parts.push_back(fmt::format("{}x{}", width, height));
  if (fps > 0) parts.push_back(fmt::format("{:.4g} fps", fps));
  if (!fourcc.empty()) parts.push_back(fourcc);
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

class Webcam : public Camera {
 public:
  Webcam(const WebcamOptions& options, const Cancel& cancel) : options_(options), cancel_(cancel) {
    const fs::path file = webcam_file(options.device);
    const QuietOpenCv quiet;
    if (!capture_.open(file.string(), cv::CAP_V4L2)) {
      throw CameraError(file.string() + " is in use by another program, or no camera");
    }
    // The format first: it decides which sizes and rates there are.
    if (!options.fourcc.empty()) {
      const std::string& code = options.fourcc;
      capture_.set(cv::CAP_PROP_FOURCC,
                   cv::VideoWriter::fourcc(code[0], code[1], code[2], code[3]));
    }
    if (options.width > 0) capture_.set(cv::CAP_PROP_FRAME_WIDTH, options.width);
    if (options.height > 0) capture_.set(cv::CAP_PROP_FRAME_HEIGHT, options.height);
    if (options.fps > 0) capture_.set(cv::CAP_PROP_FPS, options.fps);
  }

  std::string mode() const override {
    const auto width = static_cast<int>(capture_.get(cv::CAP_PROP_FRAME_WIDTH));
    const auto height = static_cast<int>(capture_.get(cv::CAP_PROP_FRAME_HEIGHT));
    const double fps = capture_.get(cv::CAP_PROP_FPS);
    const std::string fourcc = fourcc_text(capture_.get(cv::CAP_PROP_FOURCC));
    std::string text = mode_text(width, height, fps, fourcc);
    const bool other = (options_.width > 0 && options_.width != width) ||
                       (options_.height > 0 && options_.height != height) ||
                       (options_.fps > 0 && std::abs(options_.fps - fps) > 0.5) ||
                       (!options_.fourcc.empty() && options_.fourcc != fourcc);
    if (!other) return text;
    return text + " (warning: asked for " +
           mode_text(options_.width, options_.height, options_.fps, options_.fourcc) + ")";
  }

  std::optional<Shot> read() override {
    if (cancel_.load()) return std::nullopt;
    const QuietOpenCv quiet;
    if (!capture_.read(bgr_)) throw CameraError("the camera gives no pictures any more");
    vision::Image image{pooled_mat()};
    cv::cvtColor(bgr_, image.rgb, cv::COLOR_BGR2RGB);
    const std::uint64_t print =
        options_.prints ? picture_print(image.rgb.data, image.rgb.total() * image.rgb.elemSize())
                        : 0;
    Shot shot = shot_now(std::move(image));
    shot.print = print;
    return shot;
  }

 private:
  WebcamOptions options_;
  const Cancel& cancel_;
  cv::VideoCapture capture_;
  cv::Mat bgr_;
};

}  // namespace

fs::path webcam_file(const std::string& device, const fs::path& by_id) {
  const bool is_number = !device.empty() && std::ranges::all_of(device, [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
  if (is_number || device.starts_with('/')) {
    const fs::path file = is_number ? "/dev/video" + device : device;
    std::error_code error;
    if (!fs::exists(file, error)) throw CameraError("there is no " + file.string());
    if (::access(file.c_str(), R_OK | W_OK) != 0) {
      throw CameraError("no permission to use " + file.string() +
                        " (is the user in the group 'video'?)");
    }
    return file;
  }
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(by_id, error)) {
    const std::string name = entry.path().filename().string();
    // Of one camera's devices, index0 gives the pictures; others give data about them.
    const bool is_first = name.find("-index") == std::string::npos || name.ends_with("-index0");
    if (is_first && name.find(device) != std::string::npos) found.push_back(entry.path());
  }
  if (found.empty())
    throw CameraError("no camera below " + by_id.string() + " is called " + device);
  if (found.size() > 1) {
    throw CameraError(fmt::format("{} cameras below {} are called {}; name more of it",
                                  found.size(), by_id.string(), device));
  }
  return found.front();
}

std::unique_ptr<Camera> open_webcam(const WebcamOptions& options, const Cancel& cancel) {
  return std::make_unique<Webcam>(options, cancel);
}

}  // namespace fovea::pipeline
