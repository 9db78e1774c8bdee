// SPDX-License-Identifier: Apache-2.0
#pragma once
// preprocessor_config.json, read literally, to PreprocessSpec. An absent key means the
// processor class's own default; an absent file means the default class of the model type.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "vision/preprocess/spec.hpp"

namespace fovea::vision {

/// transformers' processors of one fixed input size, and YOLOS's. `config` is the file's object,
/// empty when there is none; `model_type` decides where it names no class. Throws ModelError naming
/// the class or setting that is not supported.
PreprocessSpec processor_spec(const nlohmann::json& config, const std::string& model_type,
                              const std::string& where);

/// timm's evaluation transform from config.json's "pretrained_cfg": resize to
/// floor(input / crop_pct), centre crop by torchvision's rounding
/// (timm/data/transforms_factory.py).
PreprocessSpec timm_spec(const nlohmann::json& config, const std::string& where);

}  // namespace fovea::vision
