// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "pipeline/cli/bench_profile.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::pair<const char*, ProfileBy> kWords[] = {{"place", ProfileBy::place},
                                                        {"block", ProfileBy::block},
                                                        {"kernel", ProfileBy::kernel},
                                                        {"step", ProfileBy::step}};

bool is_number(std::string_view part) {
  return !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
}

/// "encoder.layer.3.output" -> "encoder.layer.*.output", or with `cut` "encoder.layer.3". What is
/// in no block is together under its first word.
std::string name_of_group(std::string_view name, bool cut) {
  std::string result;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (!result.empty()) result += '.';
    if (is_number(part) && cut) return result.append(part);
    result += is_number(part) ? "*" : part;
    begin = end + 1;
  }
  return cut ? result.substr(0, result.find('.')) : result;
}

std::string key_of(const ProfiledStep& step, ProfileBy by) {
  switch (by) {
    case ProfileBy::place:
      return name_of_group(step.name, false);
    case ProfileBy::block:
      return name_of_group(step.name, true);
    case ProfileBy::kernel:
      return step.kernel;
    case ProfileBy::step:
      break;
  }
  return step.name;
}

ProfiledStep sum_of(const std::vector<ProfiledStep>& steps) {
  ProfiledStep sum{"all steps", "", 0, 0, 0, 0};
  for (const ProfiledStep& step : steps) {
    sum.calls += step.calls;
    sum.ms += step.ms;
    sum.flop += step.flop;
    sum.bytes += step.bytes;
  }
  return sum;
}

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

std::optional<ProfileBy> profile_by(std::string_view word) {
  for (const auto& [known, by] : kWords) {
    if (word == known) return by;
  }
  return std::nullopt;
}

std::vector<ProfiledStep> grouped(const std::vector<ProfiledStep>& steps, ProfileBy by) {
  std::vector<ProfiledStep> groups;
  std::map<std::string, std::size_t> known;
  for (const ProfiledStep& step : steps) {
    // A step's name need not be its own; only where all are asked for does each stay apart.
    const std::string key = key_of(step, by);
    const auto [at, is_new] = known.try_emplace(key, groups.size());
    if (is_new || by == ProfileBy::step) {
      groups.push_back(step);
      groups.back().name = key;
      continue;
    }
    ProfiledStep& group = groups[at->second];
    if (group.kernel != step.kernel) group.kernel.clear();
    group.calls += step.calls;
    group.ms += step.ms;
    group.flop += step.flop;
    group.bytes += step.bytes;
  }
  return groups;
}

std::string profile_text(const Profile& profile, ProfileBy by) {
  std::vector<ProfiledStep> rows = grouped(profile.steps, by);
  rows.push_back(sum_of(profile.steps));
  const double whole = profile.steps_ms();
  std::size_t name_width = 4, kernel_width = 6;
  for (const ProfiledStep& row : rows) {
    name_width = std::max(name_width, row.name.size());
    kernel_width = std::max(kernel_width, row.kernel.size());
  }
  const bool kernels = by != ProfileBy::kernel;  // where the name is the kernel, once is enough
  if (!kernels) kernel_width = 0;
  std::string text =
      fmt::format("{:<{}}  {:<{}}{:>6}{:>10}{:>7}{:>10}{:>18}{:>8}{:>16}\n",
                  kernels ? "step" : "kernel", name_width, kernels ? "kernel" : "", kernel_width,
                  "calls", "ms", "time", "GFLOP/s", "of the peak", "GB/s", "of the peak");
  for (const ProfiledStep& row : rows) {
    const auto of_peak = [](double rate, double peak) {
      return rate > 0 ? fmt::format("{:.0f} % of {:.4g}", 100 * share(rate, peak), peak) : "";
    };
    text += fmt::format("{:<{}}  {:<{}}{:>6}{:>10.3f}{:>6.1f} %{:>9.1f}{:>18}{:>8.2f}{:>16}\n",
                        row.name, name_width, kernels ? row.kernel : "", kernel_width, row.calls,
                        row.ms, 100 * share(row.ms, whole), row.gflop_per_s(),
                        of_peak(row.gflop_per_s(), profile.peak_gflop_per_s), row.gbyte_per_s(),
                        of_peak(row.gbyte_per_s(), profile.peak_gbyte_per_s));
  }
  text += fmt::format(
      "a batch, at best: {:.2f} ms step by step, {:.2f} ms on the device and {:.2f} ms in all when "
      "not "
      "profiled\n",
      whole, profile.device_ms, profile.wall_ms);
  return text;
}

Json profile_json(const Profile& profile, ProfileBy by) {
  Json rows = Json::array();
  const double whole = profile.steps_ms();
  for (const ProfiledStep& row : grouped(profile.steps, by)) {
    rows.push_back({{"name", row.name},
                    {"kernel", row.kernel},
                    {"calls", row.calls},
                    {"ms", rounded(row.ms, 4)},
                    {"share", rounded(share(row.ms, whole), 4)},
                    {"flop", row.flop},
                    {"bytes", row.bytes},
                    {"gflop_per_s", rounded(row.gflop_per_s(), 2)},
                    {"gbyte_per_s", rounded(row.gbyte_per_s(), 3)}});
  }
  return {{"peaks",
           {{"gflop_per_s", rounded(profile.peak_gflop_per_s, 1)},
            {"gbyte_per_s", rounded(profile.peak_gbyte_per_s, 2)}}},
          {"steps_ms", rounded(whole, 3)},
          {"unprofiled_device_ms", rounded(profile.device_ms, 3)},
          {"unprofiled_wall_ms", rounded(profile.wall_ms, 3)},
          {"rows", rows}};
}

}  // namespace fovea::pipeline
