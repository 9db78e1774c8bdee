// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checkpoints of the paper's sizes with random weights: speed and memory can be measured and
// compared without a download. Their answers mean nothing.

#include <filesystem>
#include <string>
#include <string_view>

namespace fovea::vision {

/// What a model's name begins with where a random one is meant: "random:vit-tiny-224".
inline constexpr std::string_view kRandomModelPrefix = "random:";

/// A Hugging Face folder below `parent`, written on first use (11, 44, 173 or 609 MB) and the
/// same bytes everywhere: F16 weights, normal with deviation 0.02 as ViTs are initialised; 1000
/// classes. `name` is vit-tiny, -small, -base, -large, gfnet-ti, -xs, -s or -b, then the patch and
/// the picture's side in pixels where they are not 16 and 224: "vit-base-patch32-384". It may carry
/// the prefix. The folder appears whole or not at all. Throws ModelError on another name, and where
/// the folder cannot be written.
std::filesystem::path random_checkpoint(std::string_view name, const std::filesystem::path& parent);

}  // namespace fovea::vision
