// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "pipeline/sinks/attention_files.hpp"
#include "pipeline/sinks/clock.hpp"
#include "pipeline/sinks/draw_attention.hpp"
#include "pipeline/sinks/event_json.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/json.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

class JsonlSink final : public Sink {
 public:
  JsonlSink(const JsonlConfig& config, std::optional<AttentionConfig> attention)
      : attention_(std::move(attention)), file_(config.path) {}

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    file_.append(to_record(*frame, attention_ ? &*attention_ : nullptr) + '\n', kJsonFiller);
  }

  void finish(const RunSummary&) override { file_.sync(); }

 private:
  std::optional<AttentionConfig> attention_;
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

/// The maps that are still of something, each with its peak and its files.
Json attention_json(const Frame& frame, const AttentionConfig* config) {
  const Attention& attention = *frame.attention;
  const cv::Rect2d& area = attention.area;
  Json maps = Json::array();
  for (const ShownMap& shown : shown_maps(frame)) {
    const cv::Point2d peak = peak_of(*shown.map, area);
    Json one = {{"grid", Json::array({shown.map->grid.rows, shown.map->grid.columns})},
                {"heads", shown.map->heads},
                {"peak", Json::array({rounded(peak.x, 2), rounded(peak.y, 2)})}};
    if (shown.object) one["object"] = *shown.object;
    if (config != nullptr) {
      for (const AttentionFile& file : attention_files(*config, frame.tag, shown)) {
        one["files"][file.kind] = source_field(file.path.string());
      }
    }
    maps.push_back(std::move(one));
  }
  return {{"what", attention.what},
          {"area", Json::array({rounded(area.x, 2), rounded(area.y, 2), rounded(area.br().x, 2),
                                rounded(area.br().y, 2)})},
          {"maps", std::move(maps)}};
}

Json quality_json(const vision::Quality& quality) {
  Json json = Json::object();
  for (std::size_t i = 0; i < vision::kFlaws; ++i) {
    if (const auto& score = quality.scores[i]) {
      json[std::string(vision::kFlawNames[i])] = rounded(*score, 4);
    }
  }
  if (quality.blur_px) json["blur_px"] = rounded(*quality.blur_px, 2);
  if (quality.motion_degrees) json["motion_degrees"] = rounded(*quality.motion_degrees, 1);
  if (quality.wave) {
    json["wave"] = {{"period_px", rounded(quality.wave->period_px, 2)},
                    {"degrees", rounded(quality.wave->degrees, 1)}};
  }
  json["low"] = Json::array();
  for (const vision::Flaw flaw : quality.low) json["low"].push_back(vision::name_of(flaw));
  return json;
}

}  // namespace

std::string to_record(const Frame& frame, const AttentionConfig* attention) {
  Json record = {{"schema", kSchema},
                 {"source", source_field(frame.tag.source)},
                 {"frame", frame.tag.frame},
                 {"size", Json::array({frame.width_px, frame.height_px})}};
  if (frame.orientation != 1) record["orientation"] = frame.orientation;
  if (frame.reduction != 1) record["reduction"] = frame.reduction;
  if (frame.truncated) record["truncated"] = true;
  if (frame.drift) {
    record["drift"] = Json::array({rounded(frame.drift->x, 2), rounded(frame.drift->y, 2)});
  }
  if (frame.tag.captured) record["t_capture"] = utc_time(*frame.tag.captured);
  if (frame.tag.degraded > 0) record["degraded"] = frame.tag.degraded;
  if (frame.answered) {
    record["t_result"] = utc_time(frame.answered->at);
    record["age_ms"] = rounded(static_cast<double>(frame.answered->age.count()) / 1000, 1);
  }
  if (frame.quality) record["quality"] = quality_json(*frame.quality);
  if (!frame.looks_for_objects || !frame.labels.empty()) {
    record["labels"] = labels_json(frame.labels);
  }
  if (frame.looks_for_objects) record["objects"] = objects_json(frame.objects);
  if (!frame.tag.detect) record["detected"] = false;
  if (frame.attention) record["attention"] = attention_json(frame, attention);
  record["timings_ms"] = {{"decode", rounded(frame.timings.decode_ms, 3)},
                          {"preprocess", rounded(frame.timings.preprocess_ms, 3)},
                          {"inference", rounded(frame.timings.inference_ms, 3)}};
  for (const Event& event : frame.events) record["events"].push_back(to_json(event));
  return to_line(record);
}

std::unique_ptr<Sink> make_jsonl_sink(const JsonlConfig& config,
                                      std::optional<AttentionConfig> attention) {
  return std::make_unique<JsonlSink>(config, std::move(attention));
}

std::unique_ptr<Sink> make_error_sink(const std::filesystem::path& dir) {
  return std::make_unique<ErrorSink>(dir);
}

}  // namespace fovea::pipeline
