// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/cli/bench_measure.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/cli/sizes.hpp"
#include "pipeline/sinks/json.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {
namespace {

struct BenchOptions {
  std::string model = kBuiltinModel, device = "auto";
  std::vector<std::string> batches{"1", "8"}, precisions{"fp32"};
  double seconds = 3;
  bool json = false;
};

const char* const kExamples = R"(Examples:
  fovea bench
  fovea bench -m random:vit-tiny-224 --batch 1,8 --precision fp32,fp16
  fovea bench -m google/vit-base-patch16-224 --device gpu --json
random:vit-tiny-224, random:vit-small-224 and random:vit-base-224 are made on the spot: the paper's
sizes with random weights.)";

int parse_batch(const std::string& text) {
  int batch = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), batch);
  if (error != std::errc() || end != text.data() + text.size() || batch < 1 || batch > 1024) {
    throw ConfigError("'" + text + "' is not a batch size", "--batch",
                      "give numbers from 1 to 1024, as in --batch 1,8");
  }
  return batch;
}

compute::ops::Precision parse_precision(const std::string& text) {
  for (std::size_t i = 0; i < compute::ops::kPrecisionNames.size(); ++i) {
    if (text == compute::ops::kPrecisionNames[i]) return static_cast<compute::ops::Precision>(i);
  }
  throw ConfigError("unknown precision '" + text + "'", "--precision",
                    "use fp32, fp16, int8 or several, as in fp32,int8");
}

Json result_json(const std::string& precision, int batch, const BenchResult& result) {
  return {{"precision", precision},
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

ExitCode bench(const BenchOptions& options) {
  BenchCase wanted;
  wanted.model = vision::find_model(resolved_model(options.model)).folder;
  wanted.device = options.device;
  wanted.seconds = options.seconds;
  std::vector<int> batches;
  for (const std::string& text : options.batches) batches.push_back(parse_batch(text));
  for (const std::string& text : options.precisions) parse_precision(text);

  Json results = Json::array();
  Json first = Json::object();
  std::string device, driver;
  for (const std::string& precision : options.precisions) {
    wanted.precision = parse_precision(precision);
    for (const int batch : batches) {
      wanted.batch = batch;
      const BenchResult result = measure(wanted);
      if (!options.json && device.empty()) {
        fmt::print("{} on {} ({})\n", options.model, result.device, result.driver);
        fmt::print("{:<10}{:>6}{:>10}{:>10}{:>10}{:>10}{:>10}{:>14}{:>14}\n", "precision", "batch",
                   "min ms", "median", "device", "host", "img/s", "device memory", "process");
      }
      device = result.device;
      driver = result.driver;
      results.push_back(result_json(precision, batch, result));
      if (options.json) continue;
      fmt::print("{:<10}{:>6}{:>10.2f}{:>10.2f}{:>10.2f}{:>10.2f}{:>10.1f}{:>14}{:>14}\n",
                 precision, batch, result.min_ms, result.median_ms, result.device_ms,
                 result.host_ms, result.images_per_s, bytes_text(result.peak_device_bytes),
                 bytes_text(result.peak_resident_bytes));
      std::fflush(stdout);
    }
    const FirstResult start = measure_first_result(wanted);
    first[precision] = {{"cold_ms", rounded(start.cold_ms, 1)},
                        {"warm_ms", rounded(start.warm_ms, 1)}};
    if (!options.json) {
      fmt::print("first result, {}: {:.0f} ms cold (nothing compiled), {:.0f} ms warm\n", precision,
                 start.cold_ms, start.warm_ms);
    }
  }
  if (options.json) {
    fmt::print("{}\n", to_pretty(Json{{"fovea", FOVEA_VERSION},
                                      {"build", FOVEA_BUILD_TYPE},
                                      {"model", options.model},
                                      {"device", device},
                                      {"driver", driver},
                                      {"results", results},
                                      {"first_result", first}}));
  } else {
    fmt::print("ms and host are of one picture; img/s is with two submissions in flight\n");
  }
  return ExitCode::ok;
}

}  // namespace

void add_bench(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand("bench", "Measure a model on this machine");
  command
      ->add_option("-m,--model", options->model,
                   "Model folder, built-in name, org/name or random:NAME")
      ->type_name("MODEL");
  command->add_option("--device", options->device, "auto, gpu, cpu, a number or part of a name")
      ->type_name("DEVICE");
  command->add_option("--batch", options->batches, "Batch sizes (default: 1,8)")
      ->delimiter(',')
      ->type_name("N,N");
  command
      ->add_option("--precision", options->precisions,
                   "fp32, fp16, int8 or several (default: fp32)")
      ->delimiter(',')
      ->type_name("P,P");
  command->add_option("--seconds", options->seconds, "How long each is measured (default: 3)")
      ->check(CLI::Range(0.0, 3600.0))
      ->type_name("S");
  add_json_option(*command, options->json, "Figures");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = bench(*options); });
}

}  // namespace fovea::pipeline
