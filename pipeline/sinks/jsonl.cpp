// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <variant>

#include "pipeline/sinks/clock.hpp"
#include "pipeline/sinks/event_json.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/json.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

class JsonlSink final : public Sink {
 public:
  explicit JsonlSink(const JsonlConfig& config) : file_(config.path) {}

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    file_.append(to_record(*frame) + '\n', kJsonFiller);
  }

  void finish(const RunSummary&) override { file_.sync(); }

 private:
  RecordFile file_;
};

class ErrorSink final : public Sink {
 public:
  explicit ErrorSink(const std::filesystem::path& dir) : path_(dir / "errors.jsonl") {
    std::error_code ignored;  // a file that stays is replaced with the first failure
    std::filesystem::remove(path_, ignored);
  }

  void write(const Outcome<Frame>& outcome) override {
    const auto* failure = std::get_if<Failure>(&outcome);
    if (failure == nullptr) return;
    if (!file_) file_ = std::make_unique<RecordFile>(path_);
    const Json record = {{"path", source_field(failure->tag.source)},
                         {"stage", failure->stage},
                         {"reason", failure->reason},
                         {"bytes", failure->bytes}};
    file_->append(to_line(record) + '\n', kJsonFiller);
  }

  void finish(const RunSummary&) override {
    if (file_) file_->sync();
  }

 private:
  std::filesystem::path path_;
  std::unique_ptr<RecordFile> file_;
};

Json labels_json(const std::vector<vision::Label>& labels) {
  Json all = Json::array();
  for (const vision::Label& label : labels) {
    all.push_back({{"id", label.id}, {"name", label.name}, {"score", rounded(label.score, 6)}});
  }
  return all;
}

Json objects_json(const std::vector<vision::Object>& objects) {
  Json all = Json::array();
  for (const vision::Object& object : objects) {
    const vision::Box& box = object.box;
    Json one = {{"box", Json::array({rounded(box.x1, 2), rounded(box.y1, 2), rounded(box.x2, 2),
                                     rounded(box.y2, 2)})},
                {"id", object.id},
                {"name", object.name},
                {"score", rounded(object.score, 6)}};
    if (object.track) one["track"] = *object.track;
    if (!object.zones.empty()) one["zones"] = object.zones;
    if (!object.labels.empty()) one["labels"] = labels_json(object.labels);
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

std::string to_record(const Frame& frame) {
  Json record = {{"schema", kSchema},
                 {"source", source_field(frame.tag.source)},
                 {"frame", frame.tag.frame},
                 {"size", Json::array({frame.width_px, frame.height_px})}};
  if (frame.orientation != 1) record["orientation"] = frame.orientation;
  if (frame.reduction != 1) record["reduction"] = frame.reduction;
  if (frame.truncated) record["truncated"] = true;
  if (frame.tag.captured) record["t_capture"] = utc_time(*frame.tag.captured);
  if (frame.answered) {
    record["t_result"] = utc_time(frame.answered->at);
    record["age_ms"] = rounded(static_cast<double>(frame.answered->age.count()) / 1000, 1);
  }
  if (!frame.looks_for_objects || !frame.labels.empty()) {
    record["labels"] = labels_json(frame.labels);
  }
  if (frame.looks_for_objects) record["objects"] = objects_json(frame.objects);
  if (!frame.tag.detect) record["detected"] = false;
  record["timings_ms"] = {{"decode", rounded(frame.timings.decode_ms, 3)},
                          {"preprocess", rounded(frame.timings.preprocess_ms, 3)},
                          {"inference", rounded(frame.timings.inference_ms, 3)}};
  for (const Event& event : frame.events) record["events"].push_back(to_json(event));
  return to_line(record);
}

std::unique_ptr<Sink> make_jsonl_sink(const JsonlConfig& config) {
  return std::make_unique<JsonlSink>(config);
}

std::unique_ptr<Sink> make_error_sink(const std::filesystem::path& dir) {
  return std::make_unique<ErrorSink>(dir);
}

}  // namespace fovea::pipeline
