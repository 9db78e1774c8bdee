// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every compiled shader, by name. Data only: depends on nothing.

#include <cstdint>
#include <span>
#include <string_view>

namespace fovea::shaders {

struct Shader {
  std::string_view name;  // the file's stem and its variant: "layer_norm.subgroup"
  std::span<const std::uint32_t> spirv;
};

/// In the order of shaders/CMakeLists.txt. Lives for the whole program.
std::span<const Shader> all();

}  // namespace fovea::shaders
