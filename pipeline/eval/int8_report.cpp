// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/int8_report.hpp"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/eval/dataset.hpp"
#include "pipeline/line/classify_stage.hpp"
#include "pipeline/line/pair_stage.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

/// Where the pictures are and, where their folders tell it, of which class each is.
struct Pictures {
  fs::path root;
  std::map<std::string, int> class_of_folder;
  std::string no_classes;  // why no class is known

  std::optional<int> truth(const fs::path& picture) const {
    if (class_of_folder.empty()) return {};
    const fs::path below = picture.lexically_normal().lexically_relative(root.lexically_normal());
    if (below.empty()) return {};
    const auto found = class_of_folder.find(below.begin()->string());
    return found == class_of_folder.end() ? std::optional<int>() : found->second;
  }
};

Pictures find_pictures(const fs::path& given, std::span<const std::string> labels) {
  Pictures pictures{given, {}, {}};
  const bool described = fs::is_regular_file(given) && given.extension() != ".txt";
  if (!described && !fs::is_directory(given)) {
    pictures.no_classes = "the pictures are not in class folders";
    return pictures;
  }
  try {
    const Dataset dataset = load_dataset(given);
    const std::vector<int> ids = match_classes(dataset, labels);
    pictures.root = dataset.root;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      pictures.class_of_folder.emplace(dataset.classes[i].folder, ids[i]);
    }
  } catch (const ConfigError& error) {
    if (described) throw;
    // Any folder of pictures will do; only accuracy cannot be counted.
    const std::string what = error.what();
    pictures.no_classes = what.substr(0, what.find('\n'));
  }
  return pictures;
}

RunConfig run_config(const Int8Request& request, const Pictures& pictures) {
  RunConfig config = request.settings;
  config.decode = DecodeMode::exact;  // a stage of our own cannot say what a decoder may spare
  config.sources.assign(1, {});
  config.sources[0].path = pictures.root;
  if (!pictures.class_of_folder.empty()) {
    config.sources.clear();
    for (const auto& [folder, id] : pictures.class_of_folder) {
      SourceConfig source;
      source.name = folder;
      source.path = pictures.root / folder;
      config.sources.push_back(std::move(source));
    }
  }
  ClassifyConfig classify;
  classify.model = request.model;
  classify.top = 1;
  config.precision = compute::ops::Precision::fp32;  // what int8 is compared with
  config.stages = {classify};
  return config;
}

vision::Label first_answer(std::span<const float> logits, std::span<const std::string> labels) {
  return vision::top_labels(logits, labels, 1).front();
}

}  // namespace

Int8Report compare_int8(const Int8Request& request) {
  const vision::LocalModel local = vision::find_model(request.model);
  const auto checkpoint = vision::Checkpoint::open(local.folder);
  const std::vector<std::string>& labels = checkpoint.config().labels;
  const Pictures pictures = find_pictures(request.pictures, labels);

  Int8Report report;
  report.model = local.name;
  report.pictures = pictures.root.string();
  report.no_accuracy = pictures.no_classes;
  report.weights = vision::int8_summary(checkpoint);
  LogitCounter counter;
  RunOptions options = request.options;
  options.make_model = [&](compute::Device& device, const vision::Checkpoint& opened,
                           const ClassifyConfig& config) {
    const auto in = [&](compute::ops::Precision precision) {
      return std::make_unique<ClassifyStage>(
          device, opened, config,
          ModelOptions{.precision = precision, .batch = request.settings.batch});
    };
    return std::make_unique<PairStage>(
        in(compute::ops::Precision::fp32), in(compute::ops::Precision::int8),
        [&](const Frame& frame, std::span<const float> before, std::span<const float> after) {
          if (!counter.add(before, after, pictures.truth(frame.path))) return;
          if (report.changed.size() == kMostChanged) return;
          report.changed.push_back(
              {frame.tag.source, first_answer(before, labels), first_answer(after, labels)});
        });
  };
  report.run = run_pipeline(run_config(request, pictures), options);
  report.logits = counter.result();
  return report;
}

void require_small_change(const Int8Report& report, double max_drop_percent) {
  const LogitDifference& logits = report.logits;
  if (100 * logits.changed_share() <= max_drop_percent) return;
  throw Error(
      fmt::format("int8 changes the first answer for {} of {} pictures ({:.2f} %), {:g} % "
                  "are allowed",
                  logits.changed, logits.pictures, 100 * logits.changed_share(), max_drop_percent),
      fmt::format("{} on {}", report.model, report.pictures),
      "use --precision fp16, which loses next to nothing; or give more pictures like those "
      "it will see, or a higher --max-drop, where this is good enough",
      ExitCode::self_check);
}

}  // namespace fovea::pipeline
