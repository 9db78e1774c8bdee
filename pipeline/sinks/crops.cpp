// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>
#include <variant>

#include <fmt/format.h>

#include "pipeline/sinks/picture_writer.hpp"
#include "pipeline/sinks/safe_name.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "vision/crop.hpp"

namespace fovea::pipeline {
namespace {

class CropsSink final : public Sink {
 public:
  explicit CropsSink(const CropsConfig& config)
      : config_(config), writer_(config.dir, config.format, config.quality) {}

  bool wants_image() const override { return true; }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    const cv::Mat& rgb = frame->image.rgb;
    const std::string name = picture_name(frame->tag);
    for (std::size_t i = 0; i < frame->objects.size(); ++i) {
      const vision::Object& object = frame->objects[i];
      const cv::Rect pixels = vision::pixels_of(object.box, {frame->width_px, frame->height_px},
                                                rgb.size(), config_.pad);
      const bool by_label = config_.by == CropsBy::label;
      writer_.write(rgb(pixels), by_label ? folder_of(object) : std::string(),
                    fmt::format("{}_{}", name, i));
    }
  }

 private:
  /// By the class's own name: a chain may have a second model, with other classes.
  const std::string& folder_of(const vision::Object& object) {
    const auto [folder, fresh] = folders_.try_emplace(object.id);
    if (fresh) folder->second = names_.of(object.id, object.name);
    return folder->second;
  }

  CropsConfig config_;
  FolderNames names_;
  std::map<int, std::string> folders_;
  PictureWriter writer_;
};

}  // namespace

std::unique_ptr<Sink> make_crops_sink(const CropsConfig& config) {
  return std::make_unique<CropsSink>(config);
}

}  // namespace fovea::pipeline
