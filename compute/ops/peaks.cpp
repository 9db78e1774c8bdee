// SPDX-License-Identifier: Apache-2.0
#include "compute/ops/peaks.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <vector>

#include "compute/error.hpp"
#include "compute/ops/transformer.hpp"

namespace fovea::compute::ops {
namespace {

// Many short runs: on a machine that does something else as well, one of them is left alone.
constexpr int kFewest = 4, kMost = 40;
constexpr std::chrono::milliseconds kPatience{100};  // beyond kFewest
constexpr double kLongEnoughNs = 1e6;  // of one step: far above what starting it costs

/// Nanoseconds of each step in the best of its runs.
std::vector<double> best_step_ns(Program& program) {
  std::vector<double> best;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kMost; ++i) {
    if (i >= kFewest && std::chrono::steady_clock::now() - start > kPatience) break;
    Run run = program.begin();
    const std::array<float, 2> recurrence{0.999f, 0.001f};
    std::memcpy(run.input("x").data(), recurrence.data(), sizeof recurrence);
    run.submit();
    run.wait();
    const std::vector<std::uint64_t> steps = run.step_ns();
    best.resize(steps.size(), 0);
    for (std::size_t s = 0; s < steps.size(); ++s) {
      const auto ns = static_cast<double>(steps[s]);
      if (i == 0 || ns < best[s]) best[s] = ns;
    }
  }
  if (best.empty()) {
    throw GpuError("the device takes no timestamps", "measuring its peaks",
                   "profile on another device, or leave --profile out");
  }
  return best;
}

double multiply_add_peak(Device& device, std::uint32_t quads) {
  constexpr std::uint32_t kTurns = 4096;
  // The count grows until a step lasts: a GPU needs a thousand times what two cores do.
  for (std::int64_t count = 1024;; count *= 4) {
    ProgramBuilder p(device, "multiply_add peak");
    const Tensor x = p.input("x", {{2}});
    p.output("y", multiply_add(p, x, count, quads, kTurns));
    Program program = std::move(p).build(1, Timing::steps);
    const double ns = std::max(best_step_ns(program)[0], 1.0);
    if (ns >= kLongEnoughNs || count >= (std::int64_t{1} << 25)) {
      return program.steps()[0].flop / ns;
    }
  }
}

double copy_peak(Device& device) {
  constexpr std::int64_t kMostBytes = std::int64_t{64} << 20;  // beyond the caches of most
  constexpr std::int64_t kRow = 1024;
  const auto bindable = static_cast<std::int64_t>(device.limits().max_storage_range_bytes);
  const std::int64_t rows = std::min(kMostBytes, bindable) / 4 / kRow;
  ProgramBuilder p(device, "copy peak");
  const Tensor x = p.input("x", {{2}});
  // Neither the host's end of a buffer nor a first touch of memory is measured.
  Tensor y = copy(p, multiply_add(p, x, rows * kRow, 1, 1));
  y = copy(p, y);
  p.output("y", copy(p, y));
  Program program = std::move(p).build(1, Timing::steps);
  const double ns = std::max(best_step_ns(program)[2], 1.0);
  const Step& step = program.steps()[2];
  return static_cast<double>(step.read_bytes + step.written_bytes) / ns;
}

}  // namespace

Peaks measure_peaks(Device& device) {
  Peaks peaks;
  for (const std::uint32_t quads : {2u, 3u, 4u}) {
    peaks.gflop_per_s = std::max(peaks.gflop_per_s, multiply_add_peak(device, quads));
  }
  peaks.gbyte_per_s = copy_peak(device);
  return peaks;
}

}  // namespace fovea::compute::ops
