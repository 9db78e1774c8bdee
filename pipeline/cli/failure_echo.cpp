// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/failure_echo.hpp"

#include <variant>

#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

/// errors.jsonl has them all; a terminal is for the first glance.
constexpr std::uint64_t kShown = 20;

}  // namespace

void FailureEcho::write(const Outcome<Frame>& outcome) {
  const auto* failure = std::get_if<Failure>(&outcome);
  if (failure == nullptr || ++failures_ > kShown) return;
  print_(printable(failure->tag.source + ": " + failure->stage + ": " + failure->reason));
}

void FailureEcho::finish(const RunSummary&) {
  if (failures_ > kShown) print_("and " + std::to_string(failures_ - kShown) + " more failures");
}

}  // namespace fovea::pipeline
