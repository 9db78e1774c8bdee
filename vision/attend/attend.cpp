// SPDX-License-Identifier: Apache-2.0
#include "vision/attend/attend.hpp"

#include <cassert>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::vision {

void check_attention(const AttentionRequest& request, const VitConfig& config) {
  const std::string where = fmt::format("attention of {}", config.architecture);
  if (config.global_filters) {
    throw ConfigError("the attention of a model that has none", where,
                      "a GFNet mixes its tokens by filters: use a ViT, DeiT or YOLOS");
  }
  if (request.method == AttentionMethod::raw && request.layers.empty()) {
    throw ConfigError("attention of no layer", where, "name one, -1 is the last");
  }
  if (request.method == AttentionMethod::raw) {
    for (const int layer : request.layers) {
      if (layer >= -config.layers && layer < config.layers) continue;
      throw ConfigError(fmt::format("there is no layer {}", layer), where,
                        fmt::format("the model has layers 0 to {}; -1 is the last, {} the first",
                                    config.layers - 1, -config.layers));
    }
    if (request.heads == AttentionHeads::one &&
        (request.head < 0 || request.head >= config.heads)) {
      throw ConfigError(fmt::format("there is no head {}", request.head), where,
                        fmt::format("the model has heads 0 to {}", config.heads - 1));
    }
  } else if (request.heads != AttentionHeads::mean) {
    throw ConfigError(fmt::format("{} of single heads",
                                  kAttentionMethodNames[static_cast<std::size_t>(request.method)]),
                      where, "use the method raw, or leave the choice of heads out");
  }
  if (request.method == AttentionMethod::masking) {
    if (!config.is_detector()) return;
    throw ConfigError("masking of a detector", where,
                      "masking watches a class's score: use it with a classifier, or use raw or "
                      "rollout here");
  }
  if (request.query == AttentionQuery::cls && !config.class_token) {
    throw ConfigError("the attention of a class token", where,
                      "the model has none: ask for that of a patch");
  }
  if (request.query == AttentionQuery::detections && !config.is_detector()) {
    throw ConfigError("the attention of detection tokens", where,
                      "a classifier has none: ask for that of the class token or of a patch");
  }
}

PatchGrid patch_grid(const VitConfig& config, int input_h, int input_w) {
  return {input_h / config.patch_h, input_w / config.patch_w};
}

int other_tokens(const VitConfig& config) {
  return config.detection_tokens + config.prefix_tokens();
}

std::span<const float> AttentionMaps::row(int layer, int head, int query) const {
  assert(layer >= 0 && layer < layers && head >= 0 && head < heads && query >= 0 &&
         query < queries);
  const auto index = static_cast<std::size_t>((layer * heads + head) * queries + query);
  return std::span(weights).subspan(index * tokens(), tokens());
}

}  // namespace fovea::vision
