// SPDX-License-Identifier: Apache-2.0
#pragma once
// GFNet's checkpoints (Rao et al. 2021, arXiv:2107.00645) as their authors publish them: weights
// that say everything of the model but its labels, and no config.json.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "vision/checkpoint/weight_files.hpp"
#include "vision/models/vit_config.hpp"
#include "vision/preprocess/spec.hpp"

namespace fovea::vision {

/// Are these the weights of a GFNet, flat or hierarchical?
bool is_gfnet(const WeightFiles& weights);

/// Sizes are those of the tensors; labels are `config`'s "id2label", which has one for each class
/// or is not there. `where` names the file in messages. Throws ModelError naming what is missing
/// or misshapen, and for the hierarchical variants.
VitConfig gfnet_config(const nlohmann::json& config, const WeightFiles& weights,
                       const std::string& where);

/// The authors' evaluation of a model of this size (their datasets.py): bicubic to 8/7 of it, the
/// middle cut out, ImageNet's mean and deviation. `config` may say otherwise by timm's
/// "pretrained_cfg".
PreprocessSpec gfnet_spec(const nlohmann::json& config, const VitConfig& model,
                          const std::string& where);

}  // namespace fovea::vision
