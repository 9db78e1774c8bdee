// SPDX-License-Identifier: Apache-2.0
// The text is read by a small parser of Prometheus' format 0.0.4, written from its description.
#include "pipeline/view/metrics.hpp"

#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

struct Parsed {
  std::map<std::string, std::string> types;
  std::map<std::string, double> samples;  // by name and labels, sorted by label
};

[[noreturn]] void bad(const std::string& line) {
  throw std::runtime_error("not a sample: " + line);
}

bool is_name(const std::string& name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_:") == std::string::npos;
}

/// `at` stands behind the opening brace; leaves it behind the closing one.
std::map<std::string, std::string> parse_labels(const std::string& line, std::size_t& at) {
  std::map<std::string, std::string> labels;
  while (line.at(at) != '}') {
    const std::size_t equals = line.find('=', at);
    const std::string name = line.substr(at, equals - at);
    if (!is_name(name) || line.at(equals + 1) != '"') bad(line);
    std::string value;
    for (at = equals + 2; line.at(at) != '"'; ++at) {
      if (line[at] == '\\') {
        const char escaped = line.at(++at);
        if (escaped != '\\' && escaped != '"' && escaped != 'n') bad(line);
        value += escaped == 'n' ? '\n' : escaped;
      } else {
        value += line[at];
      }
    }
    if (!labels.emplace(name, value).second) bad(line);
    ++at;
    if (line.at(at) == ',') ++at;
  }
  ++at;
  return labels;
}

Parsed parse(const std::string& text) {
  Parsed parsed;
  std::set<std::string> closed;  // families whose samples are over
  std::string family;
  std::istringstream lines(text);
  EXPECT_EQ(text.back(), '\n');
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, what, name, type;
    if (line[0] == '#') {
      words >> hash >> what >> name;
      if (what == "TYPE") {
        words >> type;
        if (!parsed.types.emplace(name, type).second) bad("second TYPE: " + line);
        closed.insert(family);
        family = name;
      }
      continue;
    }
    std::size_t at = line.find_first_of("{ ");
    name = line.substr(0, at);
    if (!is_name(name) || name.rfind(family, 0) != 0 || closed.count(family) > 0) bad(line);
    std::string key = name;
    if (line.at(at) == '{') {
      for (const auto& [label, value] : parse_labels(line, ++at)) key += "|" + label + "=" + value;
    }
    if (line.at(at) != ' ') bad(line);
    std::size_t used = 0;
    const std::string number = line.substr(at + 1);
    const double value = std::stod(number, &used);
    if (used != number.size()) bad(line);
    if (!parsed.samples.emplace(key, value).second) bad("twice: " + line);
  }
  return parsed;
}

LiveStatus two_sources() {
  LiveStatus status;
  status.model = "fovea-yolos";
  status.device = "llvmpipe";
  status.uptime_s = 12.5;
  status.sources.resize(2);
  SourceStatus& gate = status.sources[0];
  gate.name = "gate";
  gate.state = SourceState::running;
  gate.captured = 20;
  gate.answered = 12;
  gate.filtered = 2;
  gate.failed = 1;
  gate.dropped = {3, 1, 0, 1, 0};
  gate.reconnects = 2;
  gate.age = std::chrono::milliseconds(40);
  Histogram& inference = gate.spans[static_cast<std::size_t>(Span::inference)];
  inference.buckets[0] = 1;
  inference.buckets[3] = 4;
  inference.buckets.back() = 2;
  inference.count = 7;
  inference.sum_s = 30.25;
  status.sources[1].name = "a \"b\"\\c\nd";
  status.sources[1].state = SourceState::backoff;
  return status;
}

TEST(Metrics, SayWhatTheStatusSays) {
  const Parsed parsed = parse(metrics_text(two_sources(), "0.1.0"));
  const auto& samples = parsed.samples;
  EXPECT_EQ(samples.at("fovea_frames_total|source=gate|state=captured"), 20);
  EXPECT_EQ(samples.at("fovea_frames_total|source=gate|state=answered"), 12);
  EXPECT_EQ(samples.at("fovea_frames_total|source=gate|state=filtered"), 2);
  EXPECT_EQ(samples.at("fovea_frames_total|source=gate|state=failed"), 1);
  EXPECT_EQ(samples.at("fovea_frames_dropped_total|reason=queue|source=gate"), 3);
  EXPECT_EQ(samples.at("fovea_frames_dropped_total|reason=age|source=gate"), 1);
  EXPECT_EQ(samples.at("fovea_frames_dropped_total|reason=decode|source=gate"), 1);
  EXPECT_EQ(samples.at("fovea_reconnects_total|source=gate"), 2);
  EXPECT_EQ(samples.at("fovea_source_up|source=gate"), 1);
  EXPECT_EQ(samples.at("fovea_source_age_seconds|source=gate"), 0.04);
  EXPECT_EQ(samples.at("fovea_device_lost_total"), 0);
  EXPECT_EQ(samples.at("fovea_uptime_seconds"), 12.5);
  EXPECT_EQ(samples.at("fovea_build_info|device=llvmpipe|model=fovea-yolos|version=0.1.0"), 1);
  EXPECT_EQ(parsed.types.at("fovea_frames_total"), "counter");
  EXPECT_EQ(parsed.types.at("fovea_frame_seconds"), "histogram");
}

TEST(Metrics, EscapeWhatANameMayHold) {
  const Parsed parsed = parse(metrics_text(two_sources(), "0.1.0"));
  EXPECT_EQ(parsed.samples.at("fovea_source_up|source=a \"b\"\\c\nd"), 0);
  EXPECT_EQ(parsed.samples.at("fovea_source_state|source=a \"b\"\\c\nd|state=backoff"), 1);
  EXPECT_EQ(parsed.samples.count("fovea_source_age_seconds|source=a \"b\"\\c\nd"), 0u)
      << "no answer yet has no age";
}

TEST(Metrics, CountHistogramsUpwards) {
  const Parsed parsed = parse(metrics_text(two_sources(), "0.1.0"));
  const std::string end = "|source=gate|span=inference";
  EXPECT_EQ(parsed.samples.at("fovea_frame_seconds_bucket|le=0.001" + end), 1);
  EXPECT_EQ(parsed.samples.at("fovea_frame_seconds_bucket|le=0.005" + end), 1);
  EXPECT_EQ(parsed.samples.at("fovea_frame_seconds_bucket|le=0.01" + end), 5);
  EXPECT_EQ(parsed.samples.at("fovea_frame_seconds_bucket|le=10" + end), 5);
  EXPECT_EQ(parsed.samples.at("fovea_frame_seconds_bucket|le=+Inf" + end), 7);
  EXPECT_EQ(parsed.samples.at("fovea_frame_seconds_count" + end), 7);
  EXPECT_EQ(parsed.samples.at("fovea_frame_seconds_sum" + end), 30.25);
}

TEST(Metrics, CountALostDevice) {
  LiveStatus status = two_sources();
  status.device_lost = true;
  EXPECT_EQ(parse(metrics_text(status, "0")).samples.at("fovea_device_lost_total"), 1);
}

TEST(Metrics, TellTheStepOfARunThatMayDegrade) {
  LiveStatus status = two_sources();
  EXPECT_EQ(parse(metrics_text(status, "0")).samples.count("fovea_degrade_step"), 0u);
  status.degraded = Degraded{2, 4, 5, 3};
  const auto samples = parse(metrics_text(status, "0")).samples;
  EXPECT_EQ(samples.at("fovea_degrade_step"), 2);
  EXPECT_EQ(samples.at("fovea_degrade_changes_total|direction=lowered"), 5);
  EXPECT_EQ(samples.at("fovea_degrade_changes_total|direction=restored"), 3);
}

}  // namespace
}  // namespace fovea::pipeline
