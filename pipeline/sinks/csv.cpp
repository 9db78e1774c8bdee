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

class CsvSink final : public Sink {
 public:
  explicit CsvSink(const CsvConfig& config) : file_(config.path), top_(config.top) {
    std::string header = "source,frame,width,height";
    for (int k = 1; k <= top_; ++k) {
      header += k == 1 ? ",label,score" : fmt::format(",label_{},score_{}", k, k);
    }
    file_.append(header + ",decode_ms,preprocess_ms,inference_ms\r\n", Filler{});
  }

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) return;
    std::string row = fmt::format("{},{},{},{}", csv_field(source_field(frame->tag.source)),
                                  frame->tag.frame, frame->width_px, frame->height_px);
    for (std::size_t k = 0; k < static_cast<std::size_t>(top_); ++k) {
      if (k < frame->labels.size()) {
        const vision::Label& label = frame->labels[k];
        row += fmt::format(",{},{:.6f}", csv_field(to_utf8(label.name)), label.score);
      } else {
        row += ",,";
      }
    }
    const Timings& ms = frame->timings;
    row +=
        fmt::format(",{:.3f},{:.3f},{:.3f}\r\n", ms.decode_ms, ms.preprocess_ms, ms.inference_ms);
    file_.append(row, kFiller);
  }

  void finish(const RunSummary&) override { file_.sync(); }

 private:
  RecordFile file_;
  int top_;
};

}  // namespace

std::unique_ptr<Sink> make_csv_sink(const CsvConfig& config) {
  return std::make_unique<CsvSink>(config);
}

}  // namespace fovea::pipeline
