// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "compute/error.hpp"
#include "pipeline/sinks/coco_box.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/json.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

/// 139 for "photos/000000000139.jpg".
std::optional<std::uint64_t> number_in_name(const std::string& source) {
  const std::string stem = std::filesystem::path(source).stem().string();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  if (error != std::errc() || end != stem.data() + stem.size()) return std::nullopt;
  return number;
}

class CocoSink final : public Sink {
 public:
  explicit CocoSink(const CocoConfig& config) : config_(config), file_(config.path) {
    file_.append("[\n", {});
  }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    for (const vision::Object& object : frame->objects) {
      const CocoBox box = coco_box(object);
      const Json result = {{"image_id", image_id(frame->tag)},
                           {"file_name", source_field(frame->tag.source)},
                           {"category_id", object.id},
                           {"category_name", to_utf8(object.name)},
                           {"bbox", Json::array({box.x, box.y, box.width, box.height})},
                           {"score", box.score}};
      file_.append((empty_ ? "" : ",") + to_line(result) + "\n", kJsonFiller);
      empty_ = false;
    }
  }

  void finish(const RunSummary&) override {
    file_.append("]\n", {});
    file_.sync();
  }

 private:
  std::uint64_t image_id(const FrameTag& tag) const {
    if (config_.image_id == CocoImageId::index) return tag.index + 1;
    const std::optional<std::uint64_t> number = number_in_name(tag.source);
    if (!number) {
      throw ConfigError("a picture's name is no number, as image_id: stem needs it",
                        printable(tag.source),
                        "use image_id: index; file_name says which is which");
    }
    return *number;
  }

  CocoConfig config_;
  RecordFile file_;
  bool empty_ = true;
};

}  // namespace

std::unique_ptr<Sink> make_coco_sink(const CocoConfig& config) {
  return std::make_unique<CocoSink>(config);
}

}  // namespace fovea::pipeline
