// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compute/device.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/cli/bench_options.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/sinks/json.hpp"
#include "vision/checkpoint/model_name.hpp"
#include "vision/inference.hpp"
#include "vision/models/auto_precision.hpp"

namespace fovea::pipeline {
namespace {

struct TuneCommand : MeasuredOptions {
  double seconds = 30;
};

const char* const kExamples = R"(Examples:
  fovea tune
  fovea tune -m google/vit-base-patch16-224 --batch 1,32 --precision fp16
  fovea tune -m random:vit-base-224 --seconds 120 --json)";

Json to_json(const compute::TunedStep& step) {
  return {{"step", step.step},
          {"plan", step.plan},
          {"ms", rounded(step.ms, 4)},
          {"untuned_plan", step.first},
          {"untuned_ms", rounded(step.first_ms, 4)},
          {"plans_measured", step.plans}};
}

void print(const compute::TunedStep& step) {
  const std::string change = step.plan == step.first ? "as without tuning"
                                                     : fmt::format("{:.0f} % of {}'s {:.3f} ms",
                                                                   100 * step.ms / step.first_ms,
                                                                   step.first, step.first_ms);
  fmt::print("{:<58}{:>10.3f} ms  {:<22}  {}\n", step.step, step.ms, step.plan, change);
  std::fflush(stdout);
}

ExitCode tune(const TuneCommand& command) {
  const std::vector<int> batches = batches_of(command);
  const auto precisions = precisions_of(command);
  const auto folder = vision::find_model(resolved_model(command.model)).folder;
  const vision::Checkpoint checkpoint = vision::Checkpoint::open(folder);
  compute::DeviceOptions wanted;
  wanted.request = command.device;
  wanted.cache_dir = cache_folder();
  compute::Device device(wanted);
  if (!command.json) fmt::print("{} on {}\n", command.model, device.choice());

  Json steps = Json::array();
  const double share = command.seconds / static_cast<double>(batches.size() * precisions.size());
  for (const auto& asked : precisions) {
    const auto precision = vision::choose_precision(asked, device, checkpoint).precision;
    for (const int batch : batches) {
      vision::Inference inference(device, checkpoint, {precision, batch, 1});
      for (const compute::TunedStep& step :
           inference.tune(batch, {.seconds = share, .again = true})) {
        steps.push_back(to_json(step));
        if (!command.json) print(step);
      }
    }
  }
  const bool kept = device.save_tuning();
  if (command.json) {
    fmt::print("{}\n", to_pretty(Json{{"model", command.model},
                                      {"device", device.info().name},
                                      {"driver", device.info().driver},
                                      {"kept", kept},
                                      {"steps", steps}}));
  } else if (steps.empty()) {
    fmt::print(
        "nothing to choose from: this device has one kernel for every step, or --seconds "
        "was too short to compare two\n");
  } else {
    fmt::print("{}\n", kept ? "kept for every later run on this device and driver"
                            : "not kept: the cache folder cannot be written");
  }
  return ExitCode::ok;
}

}  // namespace

void add_tune(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<TuneCommand>();
  CLI::App* command = app.add_subcommand(
      "tune", "Measure which kernels are fastest for a model on this device, and remember");
  add_measured_options(*command, *options);
  command
      ->add_option("--seconds", options->seconds,
                   "How long in all (default: 30); compiling may take longer")
      ->check(CLI::Range(0.0, 3600.0))
      ->type_name("S");
  add_json_option(*command, options->json, "Measurements");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = tune(*options); });
}

}  // namespace fovea::pipeline
