// SPDX-License-Identifier: Apache-2.0
#include "compute/tuner.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "compute/device.hpp"
#include "compute/tuning.hpp"

namespace fovea::compute {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kWorthIt = 0.93;  // of the first plan's time: a nearer one may be noise
constexpr int kFewest = 3, kMost = 25;
constexpr double kLongEnoughMs = 20;  // of one plan's repetitions, unless kFewest take longer

struct Candidate {
  std::vector<std::string> plans;  // the first is used without tuning
  std::vector<double> ms;          // of each measured
};
using Candidates = std::map<std::string, Candidate>;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The kinds of step that have plans to choose from and are not known yet.
Candidates candidates_of(Device& device, std::span<const Step> steps, bool again) {
  Candidates candidates;
  for (const Step& step : steps) {
    if (step.plans.size() < 2 || (!again && device.tuning().find(step.choice))) continue;
    candidates[step.choice].plans = step.plans;
  }
  return candidates;
}

/// The shortest time of each step over a few runs; empty where the device has no timestamps.
std::vector<double> shortest_ms(Program& program) {
  std::vector<double> shortest;
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < kMost && (i < kFewest || ms_since(start) < kLongEnoughMs); ++i) {
    Run run = program.begin();
    run.submit();
    run.wait();
    const std::vector<std::uint64_t> ns = run.step_ns();
    shortest.resize(ns.size(), std::numeric_limits<double>::infinity());
    for (std::size_t s = 0; s < ns.size(); ++s) {
      shortest[s] = std::min(shortest[s], static_cast<double>(ns[s]) / 1e6);
    }
  }
  return shortest;
}

/// Adds the time of plan `turn` to each candidate that has so many; of two, the shorter stays.
void measure_turn(Device& device, const std::function<void(ProgramBuilder&)>& append,
                  Candidates& candidates, std::size_t turn) {
  std::vector<std::string> choices;
  for (const auto& [step, candidate] : candidates) {
    if (turn >= candidate.plans.size()) continue;
    device.tuning().set(step, candidate.plans[turn]);
    choices.push_back(step);
  }
  ProgramBuilder builder(device, "tuning");
  append(builder);
  Program program = std::move(builder).build_probe(choices);
  const std::vector<double> ms = shortest_ms(program);
  std::set<std::string> measured;
  for (std::size_t i = 0; i < ms.size(); ++i) {
    const std::string& choice = program.steps()[i].choice;
    const bool wanted = std::find(choices.begin(), choices.end(), choice) != choices.end();
    if (!wanted || !measured.insert(choice).second) continue;
    std::vector<double>& known = candidates[choice].ms;
    if (turn < known.size()) {
      known[turn] = std::min(known[turn], ms[i]);
    } else {
      known.push_back(ms[i]);
    }
  }
}

}  // namespace

std::vector<TunedStep> tune(Device& device, const std::function<void(ProgramBuilder&)>& append,
                            const TuneOptions& options) {
  const Clock::time_point start = Clock::now();
  Tuning& tuning = device.tuning();
  const Tuning before = tuning;
  Candidates candidates;
  {
    ProgramBuilder builder(device, "tuning");
    append(builder);
    candidates = candidates_of(device, builder.steps(), options.again);
  }
  std::size_t most_plans = 0;
  for (const auto& [step, candidate] : candidates) {
    most_plans = std::max(most_plans, candidate.plans.size());
  }
  std::size_t turns = 0;
  while (turns < most_plans && ms_since(start) < options.seconds * 1000) {
    measure_turn(device, append, candidates, turns++);
  }
  // A machine that was busy with something else at first must not make the rest look fast.
  if (turns > 1) measure_turn(device, append, candidates, 0);

  tuning = before;
  std::vector<TunedStep> results;
  for (const auto& [step, candidate] : candidates) {
    if (candidate.ms.size() < 2) continue;  // there was no time to compare
    const auto best = std::min_element(candidate.ms.begin(), candidate.ms.end());
    const double first_ms = candidate.ms.front();
    const bool stays = *best > first_ms * kWorthIt;
    const std::size_t chosen = stays ? 0 : static_cast<std::size_t>(best - candidate.ms.begin());
    tuning.set(step, candidate.plans[chosen]);
    results.push_back({step, candidate.plans[chosen], candidate.plans.front(), candidate.ms[chosen],
                       first_ms, static_cast<int>(candidate.ms.size())});
  }
  if (!results.empty()) device.save_tuning();
  return results;
}

}  // namespace fovea::compute
