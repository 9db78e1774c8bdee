// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/recipe_text.hpp"

#include <fmt/format.h>

namespace fovea::pipeline {
namespace {

const char* filter_name(vision::Resample filter) {
  switch (filter) {
    case vision::Resample::nearest:
      return "nearest";
    case vision::Resample::lanczos:
      return "lanczos";
    case vision::Resample::bilinear:
      return "bilinear";
    case vision::Resample::bicubic:
      return "bicubic";
    case vision::Resample::box:
      return "box";
    case vision::Resample::hamming:
      return "hamming";
    case vision::Resample::cv_linear:
      return "OpenCV linear";
  }
  return "";
}

}  // namespace

std::string recipe_text(const vision::PreprocessSpec& spec) {
  std::string text = spec.processor + ":";
  switch (spec.resize) {
    case vision::ResizeMode::none:
      break;
    case vision::ResizeMode::exact:
      text += fmt::format(" resize to {} x {} ({}),", spec.resize_w, spec.resize_h,
                          filter_name(spec.resample));
      break;
    case vision::ResizeMode::shortest_edge:
      text +=
          fmt::format(" shorter side to {} ({}),", spec.shortest_edge, filter_name(spec.resample));
      break;
    case vision::ResizeMode::cover:
      text += fmt::format(" scaled to cover {} x {} ({}),", spec.resize_w, spec.resize_h,
                          filter_name(spec.resample));
      break;
    case vision::ResizeMode::edges:
      text += fmt::format(
          " shorter side to {}, longer to at most {}, both down to a multiple of {} ({}),",
          spec.shortest_edge, spec.longest_edge, spec.multiple_of, filter_name(spec.resample));
      break;
  }
  if (spec.center_crop) text += fmt::format(" centre crop {} x {},", spec.crop_w, spec.crop_h);
  if (spec.rescale) text += fmt::format(" times {:.6g},", spec.rescale_factor);
  if (spec.normalize) {
    text += fmt::format(" minus ({}), divided by ({}),", fmt::join(spec.mean, ", "),
                        fmt::join(spec.stddev, ", "));
  }
  text.pop_back();  // the last comma, or the colon of an empty recipe
  return text;
}

}  // namespace fovea::pipeline
