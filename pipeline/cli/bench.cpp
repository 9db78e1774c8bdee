// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/cli/bench_measure.hpp"
#include "pipeline/cli/bench_options.hpp"
#include "pipeline/cli/bench_plot.hpp"
#include "pipeline/cli/bench_profile.hpp"
#include "pipeline/cli/sizes.hpp"
#include "pipeline/sinks/json.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {
namespace {

struct BenchOptions : MeasuredOptions {
  double seconds = 3;
  bool no_tune = false, profile = false;
  std::string by = "place", plot;
};

const char* const kExamples = R"(Examples:
  fovea bench
  fovea bench -m random:vit-tiny-224 --batch 1,8 --precision fp32,fp16
  fovea bench -m google/vit-base-patch16-224 --device gpu --json
  fovea bench -m random:vit-base-224 --batch 1 --profile
  fovea bench -m random:vit-small-224 --plot speed.svg
random:vit-tiny-224 (small, base, large) is made on the spot: the paper's sizes with random weights. Other
pictures and patches are named like random:vit-base-patch32-384.)";

/// "fp32", or "auto fp16": as asked, and what that came to.
std::string label(const std::string& asked, const std::string& precision) {
  return asked == precision ? asked : asked + " " + precision;
}

Json result_json(const std::string& asked, int batch, const BenchResult& result) {
  return {{"precision", result.precision},
          {"asked", asked},
          {"batch", batch},
          {"submissions", result.submissions},
          {"ms_per_image",
           {{"min", rounded(result.min_ms, 3)}, {"median", rounded(result.median_ms, 3)}}},
          {"device_ms_per_image", rounded(result.device_ms, 3)},
          {"host_ms_per_image", rounded(result.host_ms, 3)},
          {"images_per_s", rounded(result.images_per_s, 2)},
          {"peak_device_bytes", result.peak_device_bytes},
          {"peak_resident_bytes", result.peak_resident_bytes}};
}

/// What every answer in JSON begins with.
Json heading(const BenchOptions& options) {
  return {{"fovea", FOVEA_VERSION}, {"build", FOVEA_BUILD_TYPE}, {"model", options.model}};
}

void write_plot(const std::string& file, const Plot& plot) {
  std::ofstream stream(file, std::ios::binary);
  stream << plot_svg(plot);
  if (!stream.flush()) {
    throw Error("the drawing cannot be written", file, "name a file in a folder that is writable");
  }
}

/// Calls `each(precision, as it was asked for, batch)` for all that is to be measured.
template <class Each>
void for_all(const BenchOptions& options, Each each) {
  const std::vector<int> batches = batches_of(options);
  const auto precisions = precisions_of(options);
  for (std::size_t i = 0; i < precisions.size(); ++i) {
    for (const int batch : batches) each(precisions[i], options.precisions[i], batch);
  }
}

/// Where the time goes.
void bench_profile(const BenchOptions& options, BenchCase wanted) {
  const std::optional<ProfileBy> by = profile_by(options.by);
  if (!by) {
    throw ConfigError("unknown grouping '" + options.by + "'", "--by",
                      "use place, block, kernel or step");
  }
  Json answer = heading(options), profiles = Json::array();
  for_all(options, [&](const auto& precision, const std::string& asked, int batch) {
    wanted.precision = precision;
    wanted.batch = batch;
    const Profile profile = measure_profile(wanted);
    answer["device"] = profile.device;
    answer["driver"] = profile.driver;
    Json entry{{"precision", profile.precision}, {"asked", asked}, {"batch", batch}};
    entry.update(profile_json(profile, *by));
    profiles.push_back(std::move(entry));
    if (options.json) return;
    fmt::print("{}, {}, batch {}, on {} ({})\n{}\n", options.model, label(asked, profile.precision),
               batch, profile.device, profile.driver, profile_text(profile, *by));
    std::fflush(stdout);
  });
  answer["profiles"] = std::move(profiles);
  if (options.json) fmt::print("{}\n", to_pretty(answer));
}

/// How fast it is.
void bench_speed(const BenchOptions& options, BenchCase wanted) {
  Json answer = heading(options), results = Json::array(), first = Json::object();
  Plot plot{
      options.model, "", "", fmt::format("fovea {}, {}", FOVEA_VERSION, FOVEA_BUILD_TYPE), {}};
  for_all(options, [&](const auto& precision, const std::string& asked, int batch) {
    wanted.precision = precision;
    wanted.batch = batch;
    const BenchResult result = measure(wanted);
    const std::string name = label(asked, result.precision);
    if (!options.json && plot.device.empty()) {
      fmt::print("{} on {} ({})\n", options.model, result.device, result.driver);
      fmt::print("{:<10}{:>6}{:>10}{:>10}{:>10}{:>10}{:>10}{:>14}{:>14}\n", "precision", "batch",
                 "min ms", "median", "device", "host", "img/s", "device memory", "process");
    }
    plot.device = result.device;
    plot.driver = result.driver;
    if (plot.series.empty() || plot.series.back().name != name) plot.series.push_back({name, {}});
    plot.series.back().points.push_back({batch, result.images_per_s, result.median_ms * batch});
    results.push_back(result_json(asked, batch, result));
    if (options.json) return;
    fmt::print("{:<10}{:>6}{:>10.2f}{:>10.2f}{:>10.2f}{:>10.2f}{:>10.1f}{:>14}{:>14}\n", name,
               batch, result.min_ms, result.median_ms, result.device_ms, result.host_ms,
               result.images_per_s, bytes_text(result.peak_device_bytes),
               bytes_text(result.peak_resident_bytes));
    std::fflush(stdout);
  });
  if (!options.plot.empty()) write_plot(options.plot, plot);
  const auto precisions = precisions_of(options);
  for (std::size_t i = 0; options.plot.empty() && i < precisions.size(); ++i) {
    wanted.precision = precisions[i];
    const FirstResult start = measure_first_result(wanted);
    first[options.precisions[i]] = {{"cold_ms", rounded(start.cold_ms, 1)},
                                    {"warm_ms", rounded(start.warm_ms, 1)}};
    if (!options.json) {
      fmt::print("first result, {}: {:.0f} ms cold (nothing compiled), {:.0f} ms warm\n",
                 options.precisions[i], start.cold_ms, start.warm_ms);
    }
  }
  if (!options.json) {
    fmt::print("ms and host are of one picture; img/s is with two submissions in flight\n");
    return;
  }
  answer["device"] = plot.device;
  answer["driver"] = plot.driver;
  answer["results"] = std::move(results);
  if (options.plot.empty()) answer["first_result"] = std::move(first);
  fmt::print("{}\n", to_pretty(answer));
}

ExitCode bench(BenchOptions options, bool batches_given) {
  if (!options.plot.empty() && !batches_given) options.batches = {"1", "2", "4", "8", "16"};
  for_all(options, [](auto&&...) {});  // what is typed wrong is said before anything is measured
  BenchCase wanted;
  wanted.model = vision::find_model(resolved_model(options.model)).folder;
  wanted.device = options.device;
  wanted.seconds = options.seconds;
  wanted.tune = !options.no_tune;
  options.profile ? bench_profile(options, wanted) : bench_speed(options, wanted);
  return ExitCode::ok;
}

}  // namespace

void add_bench(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand("bench", "Measure a model on this machine");
  add_measured_options(*command, *options);
  command->add_option("--seconds", options->seconds, "How long each is measured (default: 3)")
      ->check(CLI::Range(0.0, 3600.0))
      ->type_name("S");
  CLI::Option* profile = command->add_flag(
      "--profile", options->profile, "Time of every step, beside what the device does at best");
  command
      ->add_option("--by", options->by,
                   "Steps are put together by place (default), block, kernel or not: step")
      ->needs(profile)
      ->type_name("WHAT");
  command
      ->add_option("--plot", options->plot,
                   "Draw throughput and latency over the batch (default: 1,2,4,8,16)")
      ->excludes(profile)
      ->type_name("FILE.svg");
  command->add_flag("--no-tune", options->no_tune,
                    "Neither measure kernels first nor use what was measured");
  add_json_option(*command, options->json, "Figures");
  command->footer(kExamples);
  command->callback([options, command, &exit_code] {
    exit_code = bench(*options, command->count("--batch") > 0);
  });
}

}  // namespace fovea::pipeline
