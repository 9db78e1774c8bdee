// SPDX-License-Identifier: Apache-2.0
#pragma once
// config.json to VitConfig: transformers' sparse configs with each type's defaults, and
// timm's, which leave most to the architecture's name and the tensors' shapes.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "vision/checkpoint/weight_files.hpp"
#include "vision/models/vit_config.hpp"

namespace fovea::vision {

/// Is this timm's config.json ("architecture" in place of "model_type")?
bool is_timm_config(const nlohmann::json& config);

/// Is it of a type that one of the readers below takes? Architecture and head are not looked at.
bool is_supported_type(const nlohmann::json& config, const std::string& where);

/// model_type vit, deit or yolos. `where` names the file in messages. Throws ModelError naming the
/// type, architecture, activation or value that is not supported, and those that are.
VitConfig transformers_config(const nlohmann::json& config, const WeightFiles& weights,
                              const std::string& where);

/// The labels by "id2label", or LABEL_0 ... of "num_labels" (2 where it is not said).
std::vector<std::string> stated_labels(const nlohmann::json& config, const std::string& where);

/// Is the name in timm's family of plain ViTs?
bool is_supported_timm(const std::string& architecture);

/// timm's plain VisionTransformer and its distilled form; throws ModelError as above.
VitConfig timm_config(const nlohmann::json& config, const WeightFiles& weights,
                      const std::string& where);

}  // namespace fovea::vision
