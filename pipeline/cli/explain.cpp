// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compute/device.hpp"
#include "compute/program.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/cli/chain_text.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/cli/sizes.hpp"
#include "pipeline/sinks/json.hpp"
#include "vision/checkpoint/model_name.hpp"
#include "vision/inference.hpp"
#include "vision/models/auto_precision.hpp"

namespace fovea::pipeline {
namespace {

struct ExplainOptions : CommonOptions {
  std::string file;
};

const char* const kExamples = R"(Examples:
  fovea explain configs/sort-folder.yaml          its chain, and every step on the device
  fovea explain -m fovea-vit-cifar10 --batch 1    one model, no file
  fovea explain -m random:vit-base-224 --json)";

/// The model's part of the page, for one batch size.
struct Explained {
  std::string model;
  std::string device;
  vision::PrecisionChoice precision;
  int batch = 0;
  std::uint64_t weight_bytes = 0;
  std::size_t scratch_bytes = 0, unaliased_bytes = 0, barriers = 0;
  std::string listing;
  Json steps = Json::array();
};

std::vector<Json> shapes_of(const std::vector<compute::Tensor>& tensors) {
  std::vector<Json> shapes;
  for (const compute::Tensor& tensor : tensors) shapes.push_back(to_string(tensor.shape()));
  return shapes;
}

Explained explain_model(const std::string& model, const RunConfig& config) {
  const vision::LocalModel local = vision::find_model(model);
  const vision::Checkpoint checkpoint = vision::Checkpoint::open(local.folder);
  compute::DeviceOptions wanted;
  wanted.request = config.device;
  wanted.cache_dir = cache_folder();
  compute::Device device(wanted);
  Explained result;
  // What a run would measure is not measured here.
  result.batch = config.batch == kAutoBatch ? RunConfig{}.batch : config.batch;
  result.precision = vision::choose_precision(config.precision, device, checkpoint);
  vision::Inference inference(device, checkpoint, {result.precision.precision, result.batch, 1});
  const compute::Program& program = inference.program(result.batch);
  result.model = local.name;
  result.device = device.choice();
  result.weight_bytes = inference.weight_bytes();
  result.scratch_bytes = program.scratch_bytes();
  result.unaliased_bytes = program.unaliased_bytes();
  result.listing = program.describe();
  for (const compute::Step& step : program.steps()) {
    result.barriers += step.barrier_before ? 1 : 0;
    result.steps.push_back({{"name", step.name},
                            {"kernel", step.kernel},
                            {"reads", shapes_of(step.reads)},
                            {"writes", shapes_of(step.writes)},
                            {"groups", step.groups},
                            {"barrier_before", step.barrier_before},
                            {"read_bytes", step.read_bytes},
                            {"written_bytes", step.written_bytes}});
  }
  return result;
}

RunConfig config_of(const ExplainOptions& options) {
  if (!options.file.empty()) {
    NamedConfig named = config_from_file(options.file, {}, options);
    return require_valid(std::move(named.checked), named.name);
  }
  // A chain of one stage; where pictures come from and go to is not asked.
  CommonOptions stage = options;
  if (stage.model.empty()) stage.model = kBuiltinModel;
  std::vector<Override> overrides =
      to_overrides(stage, "stages[0]." + stage_of_model(stage.model), 0);
  overrides.push_back({"", "source.stdin", "true", false});
  overrides.push_back({"", "sinks[0]", "table", false});
  return require_valid(check_config("version: 1\n", "fovea explain", overrides), "fovea explain");
}

ExitCode explain(const ExplainOptions& options) {
  const RunConfig config = config_of(options);
  Json models = Json::array();
  if (!options.json && !options.file.empty()) fmt::print("{}", chain_text(config));
  for (const StageConfig& stage : config.stages) {
    const std::string* model = model_of(stage);
    if (model == nullptr) continue;
    const Explained explained = explain_model(*model, config);
    if (options.json) {
      models.push_back({{"model", explained.model},
                        {"device", explained.device},
                        {"precision", to_string(explained.precision.precision)},
                        {"batch", explained.batch},
                        {"weight_bytes", explained.weight_bytes},
                        {"scratch_bytes", explained.scratch_bytes},
                        {"scratch_bytes_without_reuse", explained.unaliased_bytes},
                        {"barriers", explained.barriers},
                        {"steps", explained.steps}});
      continue;
    }
    fmt::print("\nmodel   {}\ndevice  {}\n", explained.model, explained.device);
    const std::string& why = explained.precision.why;
    fmt::print("weights {}{}\n", to_string(explained.precision.precision),
               why.empty() ? "" : " (auto: " + why + ")");
    fmt::print(
        "memory  {} of weights, {} barriers; '|' marks a step that waits for the ones before it\n",
        bytes_text(explained.weight_bytes), explained.barriers);
    fmt::print("{}", explained.listing);
  }
  if (options.json) fmt::print("{}\n", to_pretty(Json{{"models", models}}));
  return ExitCode::ok;
}

}  // namespace

void add_explain(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command =
      app.add_subcommand("explain", "Show a chain and every step its models take on the device");
  command->add_option("CONFIG", options->file, "A YAML file; left out: only -m")->type_name("");
  add_model_option(*command, *options);
  add_device_options(*command, *options);
  command->add_option("--batch", options->batch, "Pictures in one submission")->type_name("N");
  command->add_option("--set", options->sets, "Change one value first. Repeatable")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  add_json_option(*command, options->json, "Steps");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = explain(*options); });
}

}  // namespace fovea::pipeline
