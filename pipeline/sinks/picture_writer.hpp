// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pictures that a sink makes, as files of their own. Owned by one sink, one thread.

#include <filesystem>
#include <string>

#include <opencv2/core/mat.hpp>

#include "pipeline/config/sink_config.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {

/// "cat_000012" for the 13th picture of a run, photos/cat.jpg: the file's name made safe, and
/// its place in source order, which no other picture has.
std::string picture_name(const FrameTag& tag);

class PictureWriter {
 public:
  /// Makes `dir`. Throws ConfigError when it cannot.
  PictureWriter(std::filesystem::path dir, PictureFormat format, int quality);

  /// Writes `rgb` [H, W, 3] u8 as dir/folder/name with the format's ending, whole or not at all,
  /// over what an earlier run left there. Throws Error when it cannot.
  void write(const cv::Mat& rgb, const std::filesystem::path& folder, const std::string& name);

 private:
  std::filesystem::path dir_;
  PictureFormat format_;
  int quality_;
};

}  // namespace fovea::pipeline
