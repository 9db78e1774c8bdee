// SPDX-License-Identifier: Apache-2.0
#pragma once
// A model folder with its large matrices as int8, in Hugging Face layout like the original:
// `X.weight` of type I8 and `X.weight_scale` of type F32, one a row (int8_scales.hpp). The
// matrices of the encoder's layers are quantised; the patch embedding, the classifier, vectors
// and tables keep their type, as `precision: int8` keeps them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "vision/checkpoint/checkpoint.hpp"

namespace fovea::vision {

/// One matrix before and after.
struct Int8Layer {
  std::string name;        // as the file spells it
  double worst_error = 0;  // the largest error of a row as a part of its largest weight
  std::uint64_t bytes_before = 0, bytes_after = 0;
};

struct Int8Summary {
  std::vector<Int8Layer> layers;
  std::uint64_t bytes_before = 0, bytes_after = 0;  // of all weights, in the file
};

/// What int8 does to the checkpoint's weights. Writes nothing.
/// Throws ModelError when they are int8 already or not finite.
Int8Summary int8_summary(const Checkpoint& checkpoint);

/// Writes config.json, preprocessor_config.json and the model card where there are, and
/// model.safetensors into the new folder `folder`, whole or not at all.
/// Throws ModelError as above, when `folder` exists and is not empty, or when it cannot be written.
void write_int8_model(const Checkpoint& checkpoint, const std::filesystem::path& folder);

}  // namespace fovea::vision
