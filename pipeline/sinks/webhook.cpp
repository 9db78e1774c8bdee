// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "pipeline/config/hook_address.hpp"
#include "pipeline/sinks/event_json.hpp"
#include "pipeline/sinks/outbox.hpp"
#include "pipeline/sinks/sinks.hpp"

namespace fovea::pipeline {
namespace {

using namespace std::chrono_literals;

// How long the end of a run goes on sending; somebody who pressed Ctrl-C waits less.
constexpr auto kFarewell = 5s, kFarewellInterrupted = 1s;

class WebhookSink final : public Sink {
 public:
  WebhookSink(const WebhookConfig& config, Notice on_notice)
      : on_(config.on),
        name_("webhook " + shown_address(config.url)),
        outbox_({.url = config.url,
                 .token = config.token,
                 .timeout = config.timeout,
                 .retries = config.retries,
                 .room = static_cast<std::size_t>(config.queue),
                 .on_trouble = [name = name_, tell = std::move(on_notice)](const auto& text) {
                   if (tell) tell(name + ": " + text);
                 }}) {}

  void write(const Outcome<Frame>& outcome) override {
    for_each_event(outcome, on_, [this](std::string line) { outbox_.put(std::move(line)); });
  }

  void finish(const RunSummary& summary) override {
    outbox_.finish(summary.interrupted ? kFarewellInterrupted : kFarewell);
  }

  std::string lost() const override {
    const Outbox::Counts counts = outbox_.counts();
    if (counts.lost() == 0) return {};
    std::string text = fmt::format(
        "{}: {} events sent, {} lost ({} found no room to wait, {} were refused, {} did not "
        "arrive)",
        name_, counts.sent, counts.lost(), counts.overflowed, counts.refused, counts.undelivered);
    if (!counts.last_failure.empty()) text += "; the last trouble: " + counts.last_failure;
    return text;
  }

 private:
  const std::vector<std::string> on_;
  const std::string name_;
  Outbox outbox_;
};

}  // namespace

std::unique_ptr<Sink> make_webhook_sink(const WebhookConfig& config, Notice on_notice) {
  return std::make_unique<WebhookSink>(config, std::move(on_notice));
}

}  // namespace fovea::pipeline
