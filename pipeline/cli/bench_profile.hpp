// SPDX-License-Identifier: Apache-2.0
#pragma once
// `fovea bench --profile`: where a model's time goes on the device, step by step, beside what
// the device does at best.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/cli/bench_measure.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {

/// A step of a program, or several together.
struct ProfiledStep {
  std::string name;    // "encoder.layer.3.output", or for several "encoder.layer.*.output"
  std::string kernel;  // of several different ones: ""
  int calls = 1;
  double ms = 0, flop = 0, bytes = 0;  // of all calls

  double gflop_per_s() const { return ms > 0 ? flop / ms / 1e6 : 0; }
  double gbyte_per_s() const { return ms > 0 ? bytes / ms / 1e6 : 0; }
};

struct Profile {
  std::string device, driver, precision;  // the last as auto came to
  double peak_gflop_per_s = 0, peak_gbyte_per_s = 0;
  double wall_ms = 0, device_ms = 0;  // of a batch, not profiled; the shortest
  std::vector<ProfiledStep> steps;    // in the order they run; the shortest time of each

  double steps_ms() const;
};

/// Throws what the measurement threw; GpuError where the device has no timestamps.
Profile measure_profile(const BenchCase& wanted);

/// What steps are put together by: their place in a block, their block, their kernel, nothing.
enum class ProfileBy { place, block, kernel, step };
/// Nothing for another word than the enumerators'.
std::optional<ProfileBy> profile_by(std::string_view word);

/// Steps of one group become one, at the place of the first.
std::vector<ProfiledStep> grouped(const std::vector<ProfiledStep>& steps, ProfileBy by);

/// A table for people; the shares of peaks are those of Profile.
std::string profile_text(const Profile& profile, ProfileBy by);
Json profile_json(const Profile& profile, ProfileBy by);

}  // namespace fovea::pipeline
