// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/model_facts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/cli/recipe_text.hpp"
#include "pipeline/cli/sizes.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::size_t kShownLabels = 12;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

std::uint64_t estimated_bytes(const vision::VitConfig& config, std::uint64_t parameters,
                              compute::ops::Precision precision, int batch) {
  const auto u = [](int value) { return static_cast<std::uint64_t>(value); };
  // Matrices follow the precision; biases, norms and positions stay f32 and are few, and so do
  // with int8 the patch embedding and the classifier.
  using compute::ops::Precision;
  const std::uint64_t edges =
      u(config.hidden_size) *
      (u(config.channels * config.patch_h * config.patch_w) + config.labels.size());
  const std::uint64_t weights = precision == Precision::fp32   ? 4 * parameters
                                : precision == Precision::fp16 ? 2 * parameters
                                                               : parameters + 3 * edges;
  // The widest moment of a block: the residual, its normalised copy, and q, k, v or the MLP.
  const std::uint64_t widest = u(std::max(3 * config.hidden_size, config.mlp_size));
  const std::uint64_t rows = u(batch) * u(config.tokens());
  const std::uint64_t values = rows * (2 * u(config.hidden_size) + widest) * 4;
  constexpr std::uint64_t kSlots = 2;
  const std::uint64_t pictures =
      kSlots * u(batch) * (3 * u(config.image_h) * u(config.image_w) + config.labels.size()) * 4;
  return weights + values + pictures;
}

ModelFacts checked_model_facts(const vision::LocalModel& local) {
  const vision::Checkpoint checkpoint = vision::Checkpoint::open(local.folder);
  vision::VitConfig config = checkpoint.config();
  if (config.is_detector()) {  // its pictures are of many sizes, not of the one it was trained at
    const vision::InputSize usual = vision::Preprocessor(checkpoint.preprocess()).usual_size();
    config.image_h = usual.h;
    config.image_w = usual.w;
  }
  const vision::CheckpointSummary summary = checkpoint.summary();
  ModelFacts facts;
  facts.local = local;
  facts.family = config.family;
  facts.architecture = config.architecture;
  facts.weights_file = summary.weights_file;
  facts.stored_dtype = summary.stored_dtype;
  facts.license = summary.license;
  facts.recipe = recipe_text(checkpoint.preprocess());
  facts.parameters = summary.parameters;
  facts.file_bytes = summary.weight_bytes;
  facts.image_w = config.image_w;
  facts.image_h = config.image_h;
  facts.patch_w = config.patch_w;
  facts.patch_h = config.patch_h;
  facts.layers = config.layers;
  facts.heads = config.heads;
  facts.global_filters = config.global_filters;
  facts.hidden_size = config.hidden_size;
  facts.mlp_size = config.mlp_size;
  facts.tokens = config.tokens();
  facts.detection_tokens = config.detection_tokens;
  facts.labels = config.labels;
  const auto estimate = [&](compute::ops::Precision precision, int batch) {
    return estimated_bytes(config, summary.parameters, precision, batch);
  };
  facts.fp32_batch1 = estimate(compute::ops::Precision::fp32, 1);
  facts.fp32_batch8 = estimate(compute::ops::Precision::fp32, 8);
  facts.fp16_batch1 = estimate(compute::ops::Precision::fp16, 1);
  facts.fp16_batch8 = estimate(compute::ops::Precision::fp16, 8);
  facts.int8_batch1 = estimate(compute::ops::Precision::int8, 1);
  facts.int8_batch8 = estimate(compute::ops::Precision::int8, 8);
  return facts;
}

ModelFacts model_facts(const vision::LocalModel& local) {
  try {
    return checked_model_facts(local);
  } catch (const Error& error) {
    ModelFacts facts;
    facts.local = local;
    facts.problem = first_line(error.what());
    return facts;
  }
}

Json to_json(const ModelFacts& facts) {
  Json json{{"name", facts.local.name},
            {"origin", facts.local.origin},
            {"folder", facts.local.folder.string()}};
  if (!facts.problem.empty()) {
    json["problem"] = facts.problem;
    return json;
  }
  json["family"] = facts.family;
  json["architecture"] = facts.architecture;
  json["weights"] = facts.weights_file;
  json["dtype"] = facts.stored_dtype;
  json["parameters"] = facts.parameters;
  json["weight_bytes"] = facts.file_bytes;
  json["license"] = facts.license;
  json["input"] = {facts.image_w, facts.image_h};
  json["patch"] = {facts.patch_w, facts.patch_h};
  if (facts.detection_tokens > 0) json["detection_tokens"] = facts.detection_tokens;
  json["layers"] = facts.layers;
  if (!facts.global_filters) json["heads"] = facts.heads;
  json["hidden_size"] = facts.hidden_size;
  json["mlp_size"] = facts.mlp_size;
  json["tokens"] = facts.tokens;
  json["preprocessing"] = facts.recipe;
  json["estimated_memory_bytes"] = {{"fp32", {{"1", facts.fp32_batch1}, {"8", facts.fp32_batch8}}},
                                    {"fp16", {{"1", facts.fp16_batch1}, {"8", facts.fp16_batch8}}},
                                    {"int8", {{"1", facts.int8_batch1}, {"8", facts.int8_batch8}}}};
  json["labels"] = facts.labels;
  return json;
}

std::string facts_text(const ModelFacts& facts, bool all_labels) {
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    text += fmt::format("{:<15}{}\n", name, value);
  };
  line("name", fmt::format("{} ({})", facts.local.name, facts.local.origin));
  line("folder", facts.local.folder.string());
  line("family", fmt::format("{} ({})", facts.family, facts.architecture));
  line("parameters", fmt::format("{} ({})", count_text(facts.parameters), facts.parameters));
  line("weights", fmt::format("{}, {}, {}", facts.weights_file, facts.stored_dtype,
                              bytes_text(facts.file_bytes)));
  line("input",
       fmt::format("{} x {} pixels{} in patches of {} x {}: {} tokens", facts.image_w,
                   facts.image_h, facts.detection_tokens > 0 ? " for a picture of 640 x 480" : "",
                   facts.patch_w, facts.patch_h, facts.tokens));
  if (facts.detection_tokens > 0) {
    line("finds", fmt::format("up to {} objects in a picture", facts.detection_tokens));
  }
  const std::string mixer =
      facts.global_filters ? "global filters" : fmt::format("{} heads", facts.heads);
  line("layers", fmt::format("{} of width {}, {}, MLP {}", facts.layers, facts.hidden_size, mixer,
                             facts.mlp_size));
  line("preprocessing", facts.recipe);
  line("memory", fmt::format("about {} at batch 1, {} at batch 8 (fp16: {}, {}; int8: {}, {})",
                             bytes_text(facts.fp32_batch1), bytes_text(facts.fp32_batch8),
                             bytes_text(facts.fp16_batch1), bytes_text(facts.fp16_batch8),
                             bytes_text(facts.int8_batch1), bytes_text(facts.int8_batch8)));
  line("licence", facts.license.empty() ? "not stated in the model's card" : facts.license);
  const std::size_t shown =
      all_labels ? facts.labels.size() : std::min(kShownLabels, facts.labels.size());
  line("classes", std::to_string(facts.labels.size()));
  for (std::size_t i = 0; i < shown; ++i) text += fmt::format("  {:>5}  {}\n", i, facts.labels[i]);
  if (shown < facts.labels.size()) {
    text += fmt::format("  and {} more: fovea models info {} --labels\n",
                        facts.labels.size() - shown, facts.local.name);
  }
  return text;
}

}  // namespace fovea::pipeline
