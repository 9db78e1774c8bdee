// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pipeline/sinks/csv_field.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

// The last column is a decimal number, and more zeros leave it as it was.
constexpr Filler kFiller{.fill = '0', .from_end = 2};  // "\r\n"

std::string label_fields(const vision::Label& label) {
  return fmt::format(",{},{:.6f}", csv_field(to_utf8(label.name)), label.score);
}

std::string object_fields(const vision::Object& object) {
  const vision::Box& box = object.box;
  return fmt::format("{},{:.2f},{:.2f},{:.2f},{:.2f},{}",
                     label_fields({object.id, object.name, object.score}), box.x1, box.y1, box.x2,
                     box.y2, object.track ? fmt::to_string(*object.track) : "");
}

std::string score_fields(const std::optional<vision::Quality>& quality) {
  std::string fields;
  for (std::size_t i = 0; i < vision::kFlaws; ++i) {
    const bool known = quality && quality->scores[i];
    fields += known ? fmt::format(",{:.4f}", *quality->scores[i]) : ",";
  }
  std::vector<std::string_view> low;
  if (quality) {
    for (const vision::Flaw flaw : quality->low) low.push_back(vision::name_of(flaw));
  }
  return fields + fmt::format(",{}", fmt::join(low, " "));
}

class CsvSink final : public Sink {
 public:
  CsvSink(const CsvConfig& config, Answers answers, bool quality)
      : file_(config.path), top_(config.top), answers_(answers), quality_(quality) {
    std::string header = "source,frame,width,height";
    if (answers != Answers::nothing) header += ",label,score";
    for (int k = 2; k <= top_ && answers == Answers::labels; ++k) {
      header += fmt::format(",label_{},score_{}", k, k);
    }
    if (answers == Answers::objects) header += ",x1,y1,x2,y2,track";
    for (const std::string_view name : vision::kFlawNames) {
      if (quality) header += fmt::format(",{}", name);
    }
    if (quality) header += ",low";
    file_.append(header + ",decode_ms,preprocess_ms,inference_ms\r\n", Filler{});
  }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    if (answers_ == Answers::nothing) return append_row(*frame, {});
    if (answers_ == Answers::labels) {
      std::string fields;
      for (std::size_t k = 0; k < static_cast<std::size_t>(top_); ++k) {
        fields += k < frame->labels.size() ? label_fields(frame->labels[k]) : ",,";
      }
      append_row(*frame, fields);
      return;
    }
    for (const vision::Object& object : frame->objects) append_row(*frame, object_fields(object));
    if (frame->objects.empty()) append_row(*frame, ",,,,,,,");
  }

  void finish(const RunSummary&) override { file_.sync(); }

 private:
  void append_row(const Frame& frame, std::string fields) {
    const Timings& ms = frame.timings;
    if (quality_) fields += score_fields(frame.quality);
    file_.append(
        fmt::format("{},{},{},{}{},{:.3f},{:.3f},{:.3f}\r\n",
                    csv_field(source_field(frame.tag.source)), frame.tag.frame, frame.width_px,
                    frame.height_px, fields, ms.decode_ms, ms.preprocess_ms, ms.inference_ms),
        kFiller);
  }

  RecordFile file_;
  int top_;
  Answers answers_;
  bool quality_;
};

}  // namespace

std::unique_ptr<Sink> make_csv_sink(const CsvConfig& config, Answers answers, bool quality) {
  return std::make_unique<CsvSink>(config, answers, quality);
}

}  // namespace fovea::pipeline
