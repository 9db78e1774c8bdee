// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/cli/recipe_text.hpp"
#include "pipeline/decode/decode.hpp"
#include "pipeline/sinks/json.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/model_name.hpp"
#include "vision/preprocess/npy.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::pipeline {
namespace {

struct PreprocessOptions {
  CommonOptions common;
  std::string image, dump, compare;
  bool accept_truncated = false;
};

const char* const kExamples = R"(Examples:
  fovea preprocess photo.jpg -m google/vit-base-patch16-224 --dump tensor.npy
  fovea preprocess photo.jpg -m MODEL --compare reference.npy
The tensor is [3, H, W], 32-bit floats, in the order R, G, B. With --compare the exit code is 5
where a single value differs.)";

vision::NpyArray make_tensor(const PreprocessOptions& options, const vision::Preprocessor& recipe,
                             Decoded& decoded) {
  DecodeOptions decode;
  decode.accept_truncated = options.accept_truncated;
  try {
    decoded = decode_file(options.image, decode);
  } catch (const FrameError& error) {
    throw Error(error.what(), options.image, "give a picture that fovea classify takes",
                ExitCode::nothing_done);
  }
  vision::NpyArray tensor;
  try {
    const vision::InputSize size =
        recipe.output_size(decoded.image.height_px(), decoded.image.width_px());
    tensor.shape = {3, static_cast<std::size_t>(size.h), static_cast<std::size_t>(size.w)};
  } catch (const std::length_error& error) {
    throw Error(error.what(), options.image, "give a picture that is less narrow",
                ExitCode::nothing_done);
  }
  tensor.values.resize(tensor.shape[0] * tensor.shape[1] * tensor.shape[2]);
  recipe.run(decoded.image, tensor.values);
  return tensor;
}

/// Drops a leading 1: the reference processors make a batch of one.
vision::NpyArray without_batch(vision::NpyArray tensor) {
  if (tensor.shape.size() == 4 && tensor.shape[0] == 1) tensor.shape.erase(tensor.shape.begin());
  return tensor;
}

ExitCode preprocess(const PreprocessOptions& options) {
  const std::string name = options.common.model.empty() ? kBuiltinModel : options.common.model;
  const vision::LocalModel local = vision::find_model(resolved_model(name));
  const vision::Checkpoint checkpoint = vision::Checkpoint::open(local.folder);
  const vision::Preprocessor recipe(checkpoint.preprocess());
  Decoded decoded;
  const vision::NpyArray tensor = make_tensor(options, recipe, decoded);
  const auto [low, high] = std::minmax_element(tensor.values.begin(), tensor.values.end());
  double sum = 0;
  for (const float value : tensor.values) sum += value;
  const double mean = sum / static_cast<double>(tensor.values.size());

  Json report{{"image", options.image},
              {"format", decoded.format},
              {"size", {decoded.source_w, decoded.source_h}},
              {"orientation", decoded.orientation},
              {"model", local.name},
              {"recipe", recipe_text(checkpoint.preprocess())},
              {"shape", tensor.shape},
              {"min", *low},
              {"max", *high},
              {"mean", mean}};
  if (!options.dump.empty()) {
    vision::write_npy(options.dump, tensor.values, tensor.shape);
    report["dump"] = options.dump;
  }
  ExitCode exit_code = ExitCode::ok;
  if (!options.compare.empty()) {
    const vision::NpyArray reference = without_batch(vision::read_npy(options.compare));
    const vision::NpyDifference difference = vision::compare(tensor, reference);
    report["compare"] = {{"reference", options.compare},
                         {"values", tensor.values.size()},
                         {"differing", difference.differing},
                         {"max_abs", difference.max_abs},
                         {"at", difference.at}};
    if (difference.differing > 0) exit_code = ExitCode::self_check;
  }
  if (options.common.json) {
    fmt::print("{}\n", to_pretty(report));
    return exit_code;
  }
  fmt::print(
      "picture {} ({}, {} x {})\nrecipe  {}\ntensor  [{}] f32, {:.4f} to {:.4f}, mean {:.4f}\n",
      options.image, decoded.format, decoded.source_w, decoded.source_h,
      recipe_text(checkpoint.preprocess()), fmt::join(tensor.shape, ", "), *low, *high, mean);
  if (!options.dump.empty()) fmt::print("written {}\n", options.dump);
  if (!options.compare.empty()) {
    const Json& compare = report["compare"];
    if (exit_code == ExitCode::ok) {
      fmt::print("compare {}: all {} values are equal, bit for bit\n", options.compare,
                 tensor.values.size());
    } else {
      fmt::print("compare {}: {} of {} values differ, most by {:.3g} at index {}\n",
                 options.compare, compare["differing"].get<std::size_t>(), tensor.values.size(),
                 compare["max_abs"].get<double>(), compare["at"].get<std::size_t>());
    }
  }
  return exit_code;
}

}  // namespace

void add_preprocess(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<PreprocessOptions>();
  CLI::App* command =
      app.add_subcommand("preprocess", "Show the exact tensor a model gets for a picture");
  command->add_option("IMAGE", options->image, "The picture")->type_name("")->required();
  add_model_option(*command, options->common);
  command->add_option("--dump", options->dump, "Write the tensor")->type_name("FILE.npy");
  command->add_option("--compare", options->compare, "Compare with a tensor from elsewhere")
      ->type_name("FILE.npy");
  command->add_flag("--accept-truncated", options->accept_truncated,
                    "Take the part of a picture that is there");
  add_json_option(*command, options->common.json, "Figures");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = preprocess(*options); });
}

}  // namespace fovea::pipeline
