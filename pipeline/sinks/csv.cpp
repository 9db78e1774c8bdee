// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <variant>

#include <fmt/format.h>

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

class CsvSink final : public Sink {
 public:
  CsvSink(const CsvConfig& config, Answers answers)
      : file_(config.path), top_(config.top), answers_(answers) {
    std::string header = "source,frame,width,height,label,score";
    for (int k = 2; k <= top_ && answers == Answers::labels; ++k) {
      header += fmt::format(",label_{},score_{}", k, k);
    }
    if (answers == Answers::objects) header += ",x1,y1,x2,y2,track";
    file_.append(header + ",decode_ms,preprocess_ms,inference_ms\r\n", Filler{});
  }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
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
  void append_row(const Frame& frame, const std::string& fields) {
    const Timings& ms = frame.timings;
    file_.append(
        fmt::format("{},{},{},{}{},{:.3f},{:.3f},{:.3f}\r\n",
                    csv_field(source_field(frame.tag.source)), frame.tag.frame, frame.width_px,
                    frame.height_px, fields, ms.decode_ms, ms.preprocess_ms, ms.inference_ms),
        kFiller);
  }

  RecordFile file_;
  int top_;
  Answers answers_;
};

}  // namespace

std::unique_ptr<Sink> make_csv_sink(const CsvConfig& config, Answers answers) {
  return std::make_unique<CsvSink>(config, answers);
}

}  // namespace fovea::pipeline
