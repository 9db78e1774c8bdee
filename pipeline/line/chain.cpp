// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/chain.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::pipeline {

std::string to_string(Data data) {
  switch (data) {
    case Data::image:
      return "image";
    case Data::drift:
      return "drift";
    case Data::labels:
      return "labels";
    case Data::objects:
      return "objects";
    case Data::tracks:
      return "tracks";
    case Data::events:
      return "events";
    case Data::attention_rows:
      return "attention rows";
    case Data::attention:
      return "attention";
  }
  return {};
}

Chain::Chain(Decode decode, std::vector<std::unique_ptr<Stage>> stages)
    : decode_(std::move(decode)), stages_(std::move(stages)) {
  const auto model = std::ranges::find_if(stages_, [](const auto& stage) {
    return dynamic_cast<const ModelStage*>(stage.get()) != nullptr;
  });
  if (model == stages_.end()) {
    throw ConfigError("the chain has no model", "stages", "add a 'classify' or 'detect' stage");
  }
  first_model_ = static_cast<std::size_t>(model - stages_.begin());
  std::set<Data> given{Data::image};
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const Stage& stage = *stages_[i];
    for (const Data need : stage.needs()) {
      if (need == Data::image) last_image_stage_ = i;
      if (given.contains(need)) continue;
      throw ConfigError(fmt::format("'{}' needs {}, which nothing before it gives", stage.name(),
                                    to_string(need)),
                        fmt::format("stages[{}]", i), "put a stage that gives it in front");
    }
    for (const Data gift : stage.gives()) given.insert(gift);
  }
}

}  // namespace fovea::pipeline
