// SPDX-License-Identifier: Apache-2.0
#pragma once
// Measures the plans that the steps of a program could run by, and keeps the fastest in the
// device's Tuning.

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "compute/program.hpp"

namespace fovea::compute {

struct TuneOptions {
  double seconds = 2;  // a plan is begun only where the slowest so far would end within this
  bool again = false;  // measure steps that the device's Tuning knows already
  const std::atomic<bool>* stop = nullptr;  // once set, nothing more is begun
};

/// One kind of step as measured.
struct TunedStep {
  std::string step;             // "linear 197x576x192 fp32"
  std::string plan;             // now in the device's Tuning
  std::string first;            // the plan that is used without tuning
  double ms = 0, first_ms = 0;  // of one step by each
  int plans = 0;                // measured
};

/// Builds the program that `append` appends once for each plan of each kind of step, and times one
/// step of the kind by it, alone: the kinds that take longest first, two plans of each before more
/// of any. Kinds of which no two plans were measured in time are neither in the result nor in the
/// Tuning. `append` must append the same steps each time. Empty where the device has no timestamps.
std::vector<TunedStep> tune(Device& device, const std::function<void(ProgramBuilder&)>& append,
                            const TuneOptions& options);

}  // namespace fovea::compute
