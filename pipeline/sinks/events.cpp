// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/event_json.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/sinks.hpp"

namespace fovea::pipeline {
namespace {

class EventsSink final : public Sink {
 public:
  explicit EventsSink(const EventsConfig& config) : on_(config.on), file_(config.path) {}

  void write(const Outcome<Frame>& outcome) override {
    for_each_event(outcome, on_,
                   [this](const std::string& line) { file_.append(line + '\n', kJsonFiller); });
  }

  void finish(const RunSummary&) override { file_.sync(); }

 private:
  const std::vector<std::string> on_;
  RecordFile file_;
};

}  // namespace

std::unique_ptr<Sink> make_events_sink(const EventsConfig& config) {
  return std::make_unique<EventsSink>(config);
}

}  // namespace fovea::pipeline
