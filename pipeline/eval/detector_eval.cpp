// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/detector_eval.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/eval/box_eval.hpp"
#include "pipeline/sinks/coco_box.hpp"
#include "pipeline/sinks/text.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {
namespace {

/// Keeps what the model says. Its pictures are those of the truth, in that order.
class DetectionSink final : public Sink {
 public:
  explicit DetectionSink(const BoxTruth& truth) {
    for (std::size_t i = 0; i < truth.categories.size(); ++i) {
      categories_.emplace(truth.categories[i].name, i);
    }
  }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    for (const vision::Object& object : frame->objects) {
      const auto category = categories_.find(object.name);
      if (category == categories_.end()) {
        ++detections_.of_other_classes;
        continue;
      }
      const CocoBox box = coco_box(object);
      detections_.boxes.push_back({frame->tag.index, category->second,
                                   PlainBox{box.x, box.y, box.width, box.height}, box.score});
    }
  }

  const Detections& detections() const { return detections_; }

 private:
  std::map<std::string, std::size_t> categories_;
  Detections detections_;
};

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + printable(names[i]);
  }
  return names.size() > kShown ? text + fmt::format(" and {} more", names.size() - kShown) : text;
}

void check_classes(const BoxTruth& truth, const std::string& model) {
  const auto labels = vision::Checkpoint::open(vision::find_model(model).folder).config().labels;
  std::vector<std::string> wanted;
  for (const TruthCategory& category : truth.categories) {
    if (std::ranges::find(labels, category.name) != labels.end()) return;
    wanted.push_back(category.name);
  }
  throw ConfigError(
      fmt::format("the model knows no class of this data set\n  its {} classes: {}\n  "
                  "the data set's {}: {}",
                  labels.size(), listed(labels), wanted.size(), listed(wanted)),
      printable(truth.place.string()),
      "judge a detector of these things; names must be the same to the letter");
}

}  // namespace

BoxReport evaluate_detector(const DetectorRequest& request) {
  check_classes(request.truth, *model_of(request.settings.stages.at(0)));
  RunConfig config = request.settings;
  config.sources.clear();
  for (std::filesystem::path& picture : find_pictures(request.truth, request.images)) {
    config.sources.push_back({.path = std::move(picture)});
  }
  DetectionSink sink(request.truth);
  RunOptions options = request.options;
  options.extra_sinks.push_back(&sink);
  RunReport run = run_pipeline(config, options);
  BoxReport report = report_on(request.truth, sink.detections());
  report.run = std::move(run);
  return report;
}

}  // namespace fovea::pipeline
