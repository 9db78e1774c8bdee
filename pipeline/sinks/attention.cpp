// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <variant>

#include "pipeline/sinks/attention_files.hpp"
#include "pipeline/sinks/draw_attention.hpp"
#include "pipeline/sinks/picture_writer.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "vision/preprocess/npy.hpp"

namespace fovea::pipeline {
namespace {

class AttentionSink final : public Sink {
 public:
  explicit AttentionSink(const AttentionConfig& config)
      : config_(config),
        overlays_(config.dir, config.format, config.quality),
        exact_(config.dir, PictureFormat::png, config.quality) {}

  bool wants_image() const override { return true; }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    for (const ShownMap& shown : shown_maps(*frame)) {
      for (const AttentionFile& file : attention_files(config_, frame->tag, shown)) {
        write(file, *frame, *shown.map);
      }
    }
  }

 private:
  void write(const AttentionFile& file, const Frame& frame, const AttentionMap& map) {
    const Attention& attention = *frame.attention;
    const cv::Size original(frame.width_px, frame.height_px);
    const std::string name = file.path.stem().string();
    if (file.kind == "npy") {
      const std::array shape{static_cast<std::size_t>(map.heads),
                             static_cast<std::size_t>(map.grid.rows),
                             static_cast<std::size_t>(map.grid.columns)};
      vision::write_npy(file.path, map.values, shape);
    } else if (file.kind == "heat") {
      exact_.write(heat_picture(drawn(map), attention.area, original, attention.what), {}, name);
    } else if (file.kind == "overlay") {
      cv::Mat copy = frame.image.rgb.clone();
      overlay_attention(copy, drawn(map), attention.area, original);
      overlays_.write(copy, {}, name);
    } else {
      exact_.write(sheet_of_heads(map, attention.area, frame.image.rgb, original, attention.what),
                   {}, name);
    }
  }

  AttentionConfig config_;
  PictureWriter overlays_, exact_;
};

}  // namespace

std::unique_ptr<Sink> make_attention_sink(const AttentionConfig& config) {
  return std::make_unique<AttentionSink>(config);
}

}  // namespace fovea::pipeline
