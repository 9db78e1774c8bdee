// SPDX-License-Identifier: Apache-2.0
// The keys of an attend stage against each other, and against the model before it.
#include <algorithm>
#include <charconv>
#include <string>

#include "pipeline/config/check.hpp"
#include "pipeline/config/keys.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {
namespace {

using vision::AttentionHeads;
using vision::AttentionMethod;
using vision::AttentionQuery;

std::string method_name(const AttendConfig& attend) {
  return vision::kAttentionMethodNames[static_cast<std::size_t>(attend.method)];
}

/// What an attend stage cannot look into; nothing is added for one that it can.
void check_model_before(const StageConfig& model, const AttendConfig& attend,
                        std::vector<Fault>& faults) {
  const auto fault = [&](std::string what, std::string fix) {
    faults.push_back({attend.place, std::move(what), std::move(fix)});
  };
  const auto* classify = std::get_if<ClassifyConfig>(&model);
  const auto* detect = std::get_if<DetectConfig>(&model);
  if (classify != nullptr && classify->on == ClassifyOn::crops) {
    fault("'attend' shows whole pictures, and the classify before it looks at crops",
          "put attend before that classify, behind detect");
    return;
  }
  if (detect != nullptr && detect->tile) {
    fault("'attend' shows whole pictures, and the detect before it looks at tiles",
          "leave tile out, or attend");
  }
  if (detect == nullptr && attend.per_object) {
    fault("per_object needs objects, and the classify before it finds none",
          "put attend behind a detect stage, or leave per_object out");
  }
  if (detect != nullptr && is_masking(attend)) {
    fault("masking asks what a label rests on, and detect gives objects",
          "use method: raw or method: rollout, or a classify stage");
  }
}

}  // namespace

vision::AttentionRequest request_of(const AttendConfig& config) {
  vision::AttentionRequest request;
  request.method = config.method;
  request.layers = {config.layer};
  if (config.head == "max") {
    request.heads = AttentionHeads::max;
  } else if (config.head == "all") {
    request.heads = AttentionHeads::all;
  } else if (config.head != "mean") {
    request.heads = AttentionHeads::one;
    std::from_chars(config.head.data(), config.head.data() + config.head.size(), request.head);
  }
  if (config.per_object) {
    request.query = AttentionQuery::detections;
  } else if (config.query) {
    request.query = AttentionQuery::patch;
  }
  return request;
}

std::string attention_text(const AttendConfig& config) {
  if (config.method != AttentionMethod::raw) return method_name(config);
  std::string text = config.layer == -1 ? "last layer" : "layer " + std::to_string(config.layer);
  if (config.head == "all") return text + ", all heads";
  if (config.head == "mean" || config.head == "max") return text + ", " + config.head + " of heads";
  return text + ", head " + config.head;
}

void check_attend(const RunConfig& config, std::size_t place, std::vector<Fault>& faults) {
  const auto& attend = std::get<AttendConfig>(config.stages[place]);
  const auto fault = [&](std::string what, std::string fix) {
    faults.push_back({attend.place, std::move(what), std::move(fix)});
  };
  for (std::size_t i = place; i-- > 0;) {
    if (const auto* first = std::get_if<AttendConfig>(&config.stages[i])) {
      fault("a second attend would overwrite the maps of " +
                first->place.path.substr(0, first->place.path.rfind('.')),
            "keep one attend in a run; run fovea once for each map");
      return;
    }
  }
  if (const StageConfig* model = model_before(config.stages, place)) {
    check_model_before(*model, attend, faults);
  }
  if (attend.per_object && attend.query) {
    fault("per_object and query both say whose attention is shown", "keep one of them");
  }
  if (attend.method == AttentionMethod::raw) return;
  const bool masking = is_masking(attend);
  if (attend.layer != -1 || attend.head != "mean") {
    fault("layer and head choose among raw attention, and " + method_name(attend) +
              (masking ? " looks at answers only" : " joins all layers and heads"),
          "leave them out, or use method: raw");
  }
  if (masking && attend.query) {
    fault("masking asks what the best label rests on, and has no query",
          "leave query out, or use method: raw");
  }
}

void check_attend_model(const RunConfig& config, std::size_t place, std::vector<Fault>& faults) {
  const auto& attend = std::get<AttendConfig>(config.stages[place]);
  const StageConfig* model = model_before(config.stages, place);
  if (model == nullptr || model_of(*model)->empty()) return;
  vision::VitConfig of;
  try {
    of = vision::Checkpoint::open(vision::find_model(*model_of(*model)).folder).config();
  } catch (const Error&) {
    return;  // already a fault of the model's stage
  }
  if (of.is_detector() != std::holds_alternative<DetectConfig>(*model)) return;
  try {
    vision::check_attention(request_of(attend), of);
  } catch (const Error& error) {
    faults.push_back(to_fault(attend.place, error));
  }
}

}  // namespace fovea::pipeline
