// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/eval.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/eval/dataset.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {
namespace {

constexpr int kTop = 5;

/// The classes that are counted: those the data set has, in the model's order. Several
/// folders may stand for one class.
class Classes {
 public:
  Classes(const Dataset& dataset, std::span<const std::string> labels) {
    const std::vector<int> ids = match_classes(dataset, labels);
    for (const int id : ids) by_id_.emplace(id, 0);
    for (auto& [id, index] : by_id_) {
      index = names_.size();
      names_.push_back(labels[static_cast<std::size_t>(id)]);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      by_folder_[dataset.classes[i].folder] = by_id_.at(ids[i]);
    }
  }
  const std::vector<std::string>& names() const { return names_; }
  std::size_t of_folder(const std::string& folder) const { return by_folder_.at(folder); }
  std::size_t of_label(int id) const {
    const auto at = by_id_.find(id);
    return at == by_id_.end() ? ScoreCounter::kNoClass : at->second;
  }

 private:
  std::map<int, std::size_t> by_id_;
  std::map<std::string, std::size_t> by_folder_;
  std::vector<std::string> names_;
};

class EvalSink final : public Sink {
 public:
  EvalSink(const Dataset& dataset, const Classes& classes)
      : dataset_(dataset), classes_(classes), counter_(classes.names()) {}

  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) {
      counter_.add_failure();
      return;
    }
    std::vector<std::size_t> answers;
    for (const vision::Label& label : frame->labels) answers.push_back(classes_.of_label(label.id));
    counter_.add(classes_.of_folder(folder_of(dataset_, frame->path)), answers);
  }

  Scores scores() const { return counter_.scores(); }

 private:
  const Dataset& dataset_;
  const Classes& classes_;
  ScoreCounter counter_;
};

RunConfig run_config(const EvalRequest& request, const Dataset& dataset) {
  RunConfig config = request.settings;
  config.sources = sources_of(dataset);
  ClassifyConfig classify;
  classify.model = request.model;
  classify.top = kTop;
  config.stages = {classify};
  return config;
}

void check_sha256(const Dataset& dataset) {
  if (dataset.sha256.empty()) return;
  const std::string found = dataset_sha256(dataset);
  if (found == dataset.sha256) return;
  throw ConfigError(
      fmt::format("these are not the pictures the description means: sha256 is {}, not {}", found,
                  dataset.sha256),
      dataset.root.string(), "fetch the data set again, or remove sha256 from its description");
}

}  // namespace

EvalReport evaluate(const EvalRequest& request) {
  const Dataset dataset = load_dataset(request.data);
  const auto checkpoint = vision::Checkpoint::open(vision::find_model(request.model).folder);
  const Classes classes(dataset, checkpoint.config().labels);
  check_sha256(dataset);
  EvalSink sink(dataset, classes);
  RunOptions options = request.options;
  options.extra_sinks.push_back(&sink);

  EvalReport report;
  report.run = run_pipeline(run_config(request, dataset), options);
  report.dataset = dataset.name;
  report.data = dataset.root.string();
  report.scores = sink.scores();
  return report;
}

}  // namespace fovea::pipeline
