// SPDX-License-Identifier: Apache-2.0
#include <variant>

#include "pipeline/sinks/picture_writer.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "vision/draw.hpp"

namespace fovea::pipeline {
namespace {

class ImagesSink final : public Sink {
 public:
  explicit ImagesSink(const ImagesConfig& config)
      : writer_(config.dir, config.format, config.quality) {}

  bool wants_image() const override { return true; }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    cv::Mat drawn = frame->image.rgb.clone();
    vision::draw_objects(drawn, frame->objects, {frame->width_px, frame->height_px});
    writer_.write(drawn, {}, picture_name(frame->tag));
  }

 private:
  PictureWriter writer_;
};

}  // namespace

std::unique_ptr<Sink> make_images_sink(const ImagesConfig& config) {
  return std::make_unique<ImagesSink>(config);
}

}  // namespace fovea::pipeline
