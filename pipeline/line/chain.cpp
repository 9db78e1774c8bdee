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
  if (stages_.empty() || dynamic_cast<ModelStage*>(stages_.front().get()) == nullptr) {
    throw ConfigError("the chain does not begin with a model", "stages",
                      "put a 'classify' stage first");
  }
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
