// SPDX-License-Identifier: Apache-2.0
#include "pipeline/view/metrics.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace fovea::pipeline {
namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// As the format escapes a label's value. Control characters are kept: only these three matter.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text;
}

class Writer {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }

  template <class Number>
  void sample(std::string_view name, Labels labels, Number value) {
    text_ += name;
    char before = '{';
    for (const auto& [key, held] : labels) {
      text_ += fmt::format("{}{}=\"{}\"", before, key, escaped(held));
      before = ',';
    }
    text_ += fmt::format("{} {}\n", labels.size() == 0 ? "" : "}", value);
  }

  void histogram(std::string_view name, std::string_view source, std::string_view span,
                 const Histogram& histogram) {
    const std::string bucket = std::string(name) + "_bucket";
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < Histogram::kBoundsS.size(); ++i) {
      so_far += histogram.buckets[i];
      const std::string bound = fmt::format("{}", Histogram::kBoundsS[i]);
      sample(bucket, {{"source", source}, {"span", span}, {"le", bound}}, so_far);
    }
    const std::uint64_t all = so_far + histogram.buckets.back();
    sample(bucket, {{"source", source}, {"span", span}, {"le", "+Inf"}}, all);
    sample(std::string(name) + "_sum", {{"source", source}, {"span", span}}, histogram.sum_s);
    sample(std::string(name) + "_count", {{"source", source}, {"span", span}}, all);
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void write_counters(Writer& out, const LiveStatus& status) {
  out.family("fovea_frames_total", "counter",
             "Frames taken off a source, and what became of them.");
  for (const SourceStatus& source : status.sources) {
    const auto sample = [&](std::string_view state, std::uint64_t count) {
      out.sample("fovea_frames_total", {{"source", source.name}, {"state", state}}, count);
    };
    sample("captured", source.captured);
    sample("answered", source.answered);
    sample("filtered", source.filtered);
    sample("failed", source.failed);
  }
  out.family("fovea_frames_dropped_total", "counter", "Frames taken and not answered, by reason.");
  for (const SourceStatus& source : status.sources) {
    for (std::size_t i = 0; i < kDropReasonNames.size(); ++i) {
      out.sample("fovea_frames_dropped_total",
                 {{"source", source.name}, {"reason", kDropReasonNames[i]}}, source.dropped[i]);
    }
  }
  out.family("fovea_reconnects_total", "counter",
             "Times a source was opened again after having been open.");
  for (const SourceStatus& source : status.sources) {
    out.sample("fovea_reconnects_total", {{"source", source.name}}, source.reconnects);
  }
  out.family("fovea_device_lost_total", "counter", "Times the device was lost.");
  out.sample("fovea_device_lost_total", {}, status.device_lost ? 1 : 0);
  if (!status.degraded) return;
  out.family("fovea_degrade_changes_total", "counter", "Steps taken because frames came too late.");
  out.sample("fovea_degrade_changes_total", {{"direction", "lowered"}}, status.degraded->lowered);
  out.sample("fovea_degrade_changes_total", {{"direction", "restored"}}, status.degraded->restored);
}

void write_gauges(Writer& out, const LiveStatus& status) {
  out.family("fovea_source_up", "gauge", "1 while the source delivers pictures.");
  for (const SourceStatus& source : status.sources) {
    out.sample("fovea_source_up", {{"source", source.name}},
               source.state == SourceState::running ? 1 : 0);
  }
  out.family("fovea_source_state", "gauge", "1 for the state that the source is in.");
  for (const SourceStatus& source : status.sources) {
    for (std::size_t i = 0; i < kSourceStateNames.size(); ++i) {
      out.sample("fovea_source_state", {{"source", source.name}, {"state", kSourceStateNames[i]}},
                 static_cast<std::size_t>(source.state) == i ? 1 : 0);
    }
  }
  out.family("fovea_source_age_seconds", "gauge",
             "Time since the newest answered frame was captured.");
  for (const SourceStatus& source : status.sources) {
    if (!source.age) continue;
    out.sample("fovea_source_age_seconds", {{"source", source.name}},
               std::chrono::duration<double>(*source.age).count());
  }
  if (status.degraded) {
    out.family("fovea_degrade_step", "gauge", "0 while all is asked for.");
    out.sample("fovea_degrade_step", {}, status.degraded->step);
  }
  out.family("fovea_uptime_seconds", "gauge", "Time since the run began.");
  out.sample("fovea_uptime_seconds", {}, status.uptime_s);
}

}  // namespace

std::string metrics_text(const LiveStatus& status, const std::string& version) {
  Writer out;
  out.family("fovea_build_info", "gauge", "1, with what runs as labels.");
  out.sample("fovea_build_info",
             {{"version", version}, {"model", status.model}, {"device", status.device}}, 1);
  write_counters(out, status);
  write_gauges(out, status);
  out.family("fovea_frame_seconds", "histogram", "Time of a frame's parts, and from end to end.");
  for (const SourceStatus& source : status.sources) {
    for (std::size_t i = 0; i < kSpanNames.size(); ++i) {
      out.histogram("fovea_frame_seconds", source.name, kSpanNames[i], source.spans[i]);
    }
  }
  return out.take();
}

}  // namespace fovea::pipeline
