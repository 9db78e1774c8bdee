// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/crops_stage.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include "pipeline/line/steps.hpp"
#include "vision/crop.hpp"

namespace fovea::pipeline {

namespace {

/// The part of the picture that shows `object`, as a picture of its own over the same pixels.
Frame crop_of(const Frame& frame, const vision::Object& object) {
  Frame crop;
  crop.tag = frame.tag;
  const cv::Mat& rgb = frame.image.rgb;
  crop.image.rgb =
      rgb(vision::pixels_of(object.box, {frame.width_px, frame.height_px}, rgb.size()));
  crop.width_px = crop.image.width_px();
  crop.height_px = crop.image.height_px();
  return crop;
}

/// Batches under way, at most as many as the model has slots, landed in order.
class Flights {
 public:
  explicit Flights(ModelStage& model) : model_(model), batcher_(model.batch()), lander_(model) {}

  void add(Outcome<Prepared> item) {
    batcher_.add(std::move(item));
    launch_ready();
  }
  std::vector<Outcome<Frame>> finish() {
    batcher_.end();
    launch_ready();
    while (!flying_.empty()) land_first();
    return std::move(landed_);
  }

 private:
  void launch_ready() {
    while (auto gathered = batcher_.next()) {
      if (flying_.size() == static_cast<std::size_t>(model_.slots())) land_first();
      flying_.push_back(launch(model_, std::move(*gathered)));
    }
  }
  void land_first() {
    Batch batch = std::move(flying_.front());
    flying_.pop_front();
    for (auto& outcome : lander_.land(std::move(batch))) landed_.push_back(std::move(outcome));
  }

  ModelStage& model_;
  Batcher batcher_;
  Lander lander_;
  std::deque<Batch> flying_;
  std::vector<Outcome<Frame>> landed_;
};

}  // namespace

CropsStage::CropsStage(std::unique_ptr<ModelStage> classifier, std::vector<std::string> of)
    : classifier_(std::move(classifier)), of_(std::move(of)) {}

bool CropsStage::asked_for(const vision::Object& object) const {
  return of_.empty() || std::ranges::find(of_, object.name) != of_.end();
}

std::optional<Frame> CropsStage::process(Frame frame) {
  std::vector<vision::Object*> asked;
  Flights flights(*classifier_);
  for (vision::Object& object : frame.objects) {
    if (!asked_for(object)) continue;
    asked.push_back(&object);
    flights.add(prepare_step(*classifier_, crop_of(frame, object), inputs_, true));
  }
  std::vector<Outcome<Frame>> landed = flights.finish();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (const auto* failure = std::get_if<Failure>(&landed[i])) {
      throw FrameError(fmt::format("the crop of '{}': {}", asked[i]->name, failure->reason));
    }
    auto& crop = std::get<Frame>(landed[i]);
    asked[i]->labels = std::move(crop.labels);
    frame.timings.preprocess_ms += crop.timings.preprocess_ms;
    frame.timings.inference_ms += crop.timings.inference_ms;
  }
  return frame;
}

}  // namespace fovea::pipeline
