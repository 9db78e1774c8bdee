// SPDX-License-Identifier: Apache-2.0
#include "compute/tuner.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "compute/device.hpp"
#include "compute/tune_budget.hpp"
#include "compute/tuning.hpp"

namespace fovea::compute {
namespace {

constexpr double kWorthIt = 0.93;  // of the first plan's time: a nearer one may be noise
constexpr int kFewest = 3, kMost = 25;
constexpr double kLongEnoughMs = 20;    // of one plan's repetitions, unless kFewest take longer
constexpr double kForFirstPlans = 0.1;  // of the time, to measure the plans in use once more

/// A kind of step.
struct Candidate {
  std::string step;
  std::vector<std::string> plans;  // the first is used without tuning
  double flop = 0;                 // of all steps of the kind
  std::vector<double> ms;          // of each measured
};

/// The kinds of step that have plans to choose from and are not known yet; the most work first.
std::vector<Candidate> candidates_of(Device& device, std::span<const Step> steps, bool again) {
  std::map<std::string, Candidate> kinds;
  for (const Step& step : steps) {
    if (step.plans.size() < 2 || (!again && device.tuning().find(step.choice))) continue;
    Candidate& kind = kinds[step.choice];
    kind.step = step.choice;
    kind.plans = step.plans;
    kind.flop += step.flop;
  }
  std::vector<Candidate> candidates;
  for (auto& [step, kind] : kinds) candidates.push_back(std::move(kind));
  std::ranges::stable_sort(candidates, std::greater<>(), &Candidate::flop);
  return candidates;
}

/// The shortest time over a few runs of the first step of `program` of the kind `step`; infinite
/// where the device has no timestamps, or no time was left for a second run.
double shortest_ms(Program& program, const std::string& step, const TuneBudget& budget) {
  const auto steps = program.steps();
  const auto found = std::ranges::find(steps, step, &Step::choice);
  const auto index = static_cast<std::size_t>(found - steps.begin());
  double shortest = std::numeric_limits<double>::infinity(), sum = 0;
  for (int i = 0; i < kMost && (i < kFewest || sum < kLongEnoughMs); ++i) {
    if (i > 0 && budget.is_over()) break;
    Run run = program.begin();
    run.submit();
    run.wait();
    const std::vector<std::uint64_t> ns = run.step_ns();
    if (index >= ns.size()) break;
    const double ms = static_cast<double>(ns[index]) / 1e6;
    // The first run of a program touches its memory, and may compile.
    if (i > 0) shortest = std::min(shortest, ms);
    sum += ms;
  }
  return shortest;
}

using Append = std::function<void(ProgramBuilder&)>;

/// Times plan `plan` of the candidate; of two times, the shorter stays.
void measure(Device& device, const Append& append, Candidate& candidate, std::size_t plan,
             const TuneBudget& budget) {
  device.tuning().set(candidate.step, candidate.plans[plan]);
  ProgramBuilder builder(device, "tuning");
  append(builder);
  const std::string choices[] = {candidate.step};
  Program program = std::move(builder).build_probe(choices);
  const double ms = shortest_ms(program, candidate.step, budget);
  if (plan < candidate.ms.size()) {
    candidate.ms[plan] = std::min(candidate.ms[plan], ms);
  } else if (ms < std::numeric_limits<double>::infinity()) {
    candidate.ms.push_back(ms);
  }
}

/// Plan after plan in the order of TuneOptions' promise, while the time allows.
void search(Device& device, const Append& append, std::vector<Candidate>& candidates,
            const TuneOptions& options) {
  TuneBudget budget(options.seconds * (1 - kForFirstPlans), options.stop);
  TuneBudget whole_budget(options.seconds, options.stop);
  // A plan that gave no time is the last of its kind that is tried.
  const auto next_plan = [&](Candidate& candidate, std::size_t plan) {
    if (plan >= candidate.plans.size() || candidate.ms.size() != plan) return true;
    return budget.spend([&] { measure(device, append, candidate, plan, budget); });
  };
  std::size_t most_plans = 0;
  bool in_time = true;
  for (Candidate& candidate : candidates) {
    most_plans = std::max(most_plans, candidate.plans.size());
    in_time = in_time && next_plan(candidate, 0) && next_plan(candidate, 1);
  }
  for (std::size_t plan = 2; plan < most_plans && in_time; ++plan) {
    for (Candidate& candidate : candidates) in_time = in_time && next_plan(candidate, plan);
  }
  // A machine that was busy with something else at first must not make the rest look fast.
  for (Candidate& candidate : candidates) {
    if (candidate.ms.size() < 2) continue;
    whole_budget.spend([&] { measure(device, append, candidate, 0, whole_budget); });
  }
}

}  // namespace

std::vector<TunedStep> tune(Device& device, const Append& append, const TuneOptions& options) {
  Tuning& tuning = device.tuning();
  const Tuning before = tuning;
  std::vector<Candidate> candidates;
  {
    ProgramBuilder builder(device, "tuning");
    append(builder);
    candidates = candidates_of(device, builder.steps(), options.again);
  }
  search(device, append, candidates, options);

  tuning = before;
  std::vector<TunedStep> results;
  for (const Candidate& candidate : candidates) {
    if (candidate.ms.size() < 2) continue;  // there was no time to compare
    const auto best = std::min_element(candidate.ms.begin(), candidate.ms.end());
    const double first_ms = candidate.ms.front();
    const bool stays = *best > first_ms * kWorthIt;
    const std::size_t chosen = stays ? 0 : static_cast<std::size_t>(best - candidate.ms.begin());
    tuning.set(candidate.step, candidate.plans[chosen]);
    results.push_back({candidate.step, candidate.plans[chosen], candidate.plans.front(),
                       candidate.ms[chosen], first_ms, static_cast<int>(candidate.ms.size())});
  }
  if (!results.empty()) device.save_tuning();
  return results;
}

}  // namespace fovea::compute
