// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "pipeline/sinks/picture_writer.hpp"
#include "pipeline/sinks/safe_name.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "vision/crop.hpp"

namespace fovea::pipeline {
namespace {

class CropsSink final : public Sink {
 public:
  CropsSink(const CropsConfig& config, const std::vector<std::string>& labels)
      : config_(config),
        folders_(folder_names(labels)),
        writer_(config.dir, config.format, config.quality) {}

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
  std::string folder_of(const vision::Object& object) const {
    const auto id = static_cast<std::size_t>(object.id);
    return object.id >= 0 && id < folders_.size() ? folders_[id]
                                                  : fmt::format("class_{}", object.id);
  }

  CropsConfig config_;
  std::vector<std::string> folders_;
  PictureWriter writer_;
};

}  // namespace

std::unique_ptr<Sink> make_crops_sink(const CropsConfig& config,
                                      const std::vector<std::string>& labels) {
  return std::make_unique<CropsSink>(config, labels);
}

}  // namespace fovea::pipeline
