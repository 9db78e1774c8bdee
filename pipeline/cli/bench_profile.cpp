// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/bench_profile.hpp"

#include <algorithm>
#include <chrono>

#include "compute/ops/peaks.hpp"
#include "pipeline/cli/bench_child.hpp"
#include "vision/inference.hpp"
#include "vision/models/auto_precision.hpp"

namespace fovea::pipeline {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kFewest = 5;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The peaks are the best of their runs, so what is held against them is too.
double best(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

/// Runs whole batches for half the wanted time and hands each finished one to `look`.
template <class Look>
void run_batches(compute::Device& device, const vision::Checkpoint& checkpoint,
                 const BenchCase& wanted, compute::Timing timing, Look look) {
  const auto precision = vision::choose_precision(wanted.precision, device, checkpoint).precision;
  vision::Inference inference(device, checkpoint, {precision, wanted.batch, 1, timing});
  const auto run = [&] {
    const Clock::time_point begin = Clock::now();
    vision::Pending pending = inference.begin(wanted.batch);
    for (int i = 0; i < wanted.batch; ++i) {
      std::ranges::fill(pending.input(i), std::uint8_t{97});
    }
    pending.submit();
    pending.finish();
    return std::pair(std::move(pending), ms_since(begin));
  };
  run();  // compiles and touches memory
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < kFewest || ms_since(start) < wanted.seconds * 500; ++i) {
    const auto [pending, wall_ms] = run();
    look(inference.program(wanted.batch), pending, wall_ms);
  }
}

Json profile_here(const BenchCase& wanted) {
  compute::Device device(device_options(wanted));
  const compute::ops::Peaks peaks = compute::ops::measure_peaks(device);
  const vision::Checkpoint checkpoint = vision::Checkpoint::open(wanted.model);

  std::vector<double> wall, on_device;
  run_batches(device, checkpoint, wanted, compute::Timing::run,
              [&](const compute::Program&, const vision::Pending& pending, double wall_ms) {
                wall.push_back(wall_ms);
                on_device.push_back(static_cast<double>(pending.device_ns()) / 1e6);
              });
  Json steps = Json::array();
  std::vector<std::vector<double>> step_ms;
  run_batches(device, checkpoint, wanted, compute::Timing::steps,
              [&](const compute::Program& program, const vision::Pending& pending, double) {
                if (steps.empty()) {
                  for (const compute::Step& step : program.steps()) {
                    steps.push_back({{"name", step.name},
                                     {"kernel", step.kernel},
                                     {"flop", step.flop},
                                     {"bytes", step.read_bytes + step.written_bytes}});
                  }
                  step_ms.resize(steps.size());
                }
                const std::vector<std::uint64_t> ns = pending.step_ns();
                for (std::size_t i = 0; i < ns.size(); ++i) {
                  step_ms[i].push_back(static_cast<double>(ns[i]) / 1e6);
                }
              });
  for (std::size_t i = 0; i < step_ms.size(); ++i) steps[i]["ms"] = best(step_ms[i]);
  return {{"device", device.info().name},
          {"driver", device.info().driver},
          {"precision",
           to_string(vision::choose_precision(wanted.precision, device, checkpoint).precision)},
          {"peak_gflop_per_s", peaks.gflop_per_s},
          {"peak_gbyte_per_s", peaks.gbyte_per_s},
          {"wall_ms", best(wall)},
          {"device_ms", best(on_device)},
          {"steps", steps}};
}

}  // namespace

double Profile::steps_ms() const {
  double sum = 0;
  for (const ProfiledStep& step : steps) sum += step.ms;
  return sum;
}

Profile measure_profile(const BenchCase& wanted) {
  const Json answer = in_child([&] { return profile_here(wanted); });
  Profile profile;
  profile.device = answer["device"].get<std::string>();
  profile.driver = answer["driver"].get<std::string>();
  profile.precision = answer["precision"].get<std::string>();
  profile.peak_gflop_per_s = answer["peak_gflop_per_s"].get<double>();
  profile.peak_gbyte_per_s = answer["peak_gbyte_per_s"].get<double>();
  profile.wall_ms = answer["wall_ms"].get<double>();
  profile.device_ms = answer["device_ms"].get<double>();
  for (const Json& step : answer["steps"]) {
    profile.steps.push_back({step["name"].get<std::string>(), step["kernel"].get<std::string>(), 1,
                             step["ms"].get<double>(), step["flop"].get<double>(),
                             step["bytes"].get<double>()});
  }
  return profile;
}

}  // namespace fovea::pipeline
