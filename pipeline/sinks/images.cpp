// SPDX-License-Identifier: Apache-2.0
#include <variant>

#include "pipeline/sinks/annotate.hpp"
#include "pipeline/sinks/picture_writer.hpp"
#include "pipeline/sinks/sinks.hpp"

namespace fovea::pipeline {
namespace {

class ImagesSink final : public Sink {
 public:
  ImagesSink(const ImagesConfig& config, const ZonesConfig& areas)
      : areas_(areas), writer_(config.dir, config.format, config.quality) {}

  bool wants_image() const override { return true; }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    writer_.write(annotated(*frame, areas_), {}, picture_name(frame->tag));
  }

 private:
  const ZonesConfig areas_;
  PictureWriter writer_;
};

}  // namespace

std::unique_ptr<Sink> make_images_sink(const ImagesConfig& config, const ZonesConfig& areas) {
  return std::make_unique<ImagesSink>(config, areas);
}

}  // namespace fovea::pipeline
