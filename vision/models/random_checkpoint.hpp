// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checkpoints of the paper's sizes with random weights: speed and memory can be measured and
// compared without a download. Their answers mean nothing.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::vision {

/// What a model's name begins with where a random one is meant: "random:vit-tiny-224".
inline constexpr std::string_view kRandomModelPrefix = "random:";

/// "vit-tiny-224", "vit-small-224", "vit-base-224".
std::vector<std::string> random_model_names();

/// A Hugging Face folder below `parent`, written on first use (11, 44 or 173 MB) and the same
/// bytes everywhere: F16 weights, normal with deviation 0.02 as ViTs are initialised; 1000
/// classes; patches of 16x16. `name` may carry the prefix and may leave out "-224".
/// The folder appears whole or not at all. Throws ModelError on another name, and where the
/// folder cannot be written.
std::filesystem::path random_checkpoint(std::string_view name, const std::filesystem::path& parent);

}  // namespace fovea::vision
