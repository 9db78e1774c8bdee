// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/picture_writer.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/safe_name.hpp"

namespace fovea::pipeline {

std::string picture_name(const FrameTag& tag) {
  std::string name = safe_name(std::filesystem::path(tag.source).stem().string());
  // Many tools take a leading dash for an option; "-" is standard input.
  if (name.starts_with('-')) name.front() = '_';
  if (name.empty() || name == "_") name = "picture";
  return fmt::format("{}_{:06}", name, tag.index);
}

PictureWriter::PictureWriter(std::filesystem::path dir, PictureFormat format, int quality)
    : dir_(std::move(dir)), format_(format), quality_(quality) {
  make_parent_folder(dir_ / "x");
}

void PictureWriter::write(const cv::Mat& rgb, const std::filesystem::path& folder,
                          const std::string& name) {
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  const bool png = format_ == PictureFormat::png;
  std::vector<unsigned char> bytes;
  if (png) {
    cv::imencode(".png", bgr, bytes);
  } else {
    cv::imencode(".jpg", bgr, bytes, {cv::IMWRITE_JPEG_QUALITY, quality_});
  }
  AtomicFile file(dir_ / folder / (name + (png ? ".png" : ".jpg")));
  file.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  file.commit_unsynced();
}

}  // namespace fovea::pipeline
