// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "compute/kernel.hpp"
#include "shaders/shader_registry.hpp"

namespace fovea::compute {
namespace {

std::vector<std::uint32_t> words_of(std::string_view name) {
  for (const shaders::Shader& shader : shaders::all()) {
    if (shader.name == name) return {shader.spirv.begin(), shader.spirv.end()};
  }
  return {};
}
std::vector<std::uint32_t> layer_norm() { return words_of("layer_norm"); }

TEST(Reflect, ReadsWhatTheShaderDeclares) {
  const KernelContract contract = reflect("layer_norm", layer_norm());
  EXPECT_EQ(contract.bindings,
            (std::vector{Access::read, Access::read, Access::read, Access::write}));
  EXPECT_EQ(contract.push_constant_bytes, 12u);  // rows, channels, epsilon
  EXPECT_EQ(contract.local_size_ids[0], 0u);     // layout(local_size_x_id = 0)
  EXPECT_EQ(contract.local_size_ids[1], KernelContract::kNoId);
  EXPECT_EQ(contract.local_size[1], 1u);
}

TEST(Reflect, TellsTexelsBuffersAndAddressesApart) {
  const auto bound = reflect("layer_norm", layer_norm());
  EXPECT_EQ(bound.kinds, std::vector(4, BindingKind::buffer));
  const auto contract = reflect("linear_subgroup.texel", words_of("linear_subgroup.texel"));
  EXPECT_EQ(contract.kinds,
            (std::vector{BindingKind::texels_f32, BindingKind::texels_u32, BindingKind::address,
                         BindingKind::address, BindingKind::address}));
  EXPECT_EQ(contract.bindings,
            (std::vector{Access::read, Access::read, Access::read, Access::read, Access::write}));
  EXPECT_EQ(contract.address_bytes(), 24u);
  const auto addressed = reflect("linear_subgroup.address", words_of("linear_subgroup.address"));
  EXPECT_EQ(addressed.kinds, std::vector(5, BindingKind::address));
  EXPECT_FALSE(addressed.binds());
}

TEST(Reflect, EveryShaderReadsFirstAndWritesLast) {
  ASSERT_FALSE(shaders::all().empty());
  for (const shaders::Shader& shader : shaders::all()) {
    const KernelContract contract = reflect(shader.name, shader.spirv);
    const auto first_write =
        std::find(contract.bindings.begin(), contract.bindings.end(), Access::write);
    EXPECT_NE(first_write, contract.bindings.end()) << shader.name;
    EXPECT_TRUE(std::all_of(contract.bindings.begin(), first_write, [](Access a) {
      return a == Access::read;
    })) << shader.name;
    EXPECT_TRUE(std::all_of(first_write, contract.bindings.end(), [](Access a) {
      return a == Access::write;
    })) << shader.name;
  }
}

TEST(Reflect, RefusesWhatIsNotSpirvOrCutShort) {
  std::vector<std::uint32_t> words = layer_norm();
  words.resize(6);  // in the middle of the first instruction
  EXPECT_THROW(reflect("cut", words), ShapeError);
  EXPECT_THROW(reflect("empty", {}), ShapeError);
  words[0] = 0;
  EXPECT_THROW(reflect("magic", words), ShapeError);
}

TEST(Reflect, NamesTheShaderWhoseBindingsHaveAHole) {
  std::vector<std::uint32_t> words = layer_norm();
  for (std::size_t at = 5; at < words.size(); at += words[at] >> 16) {
    const bool decorate = (words[at] & 0xffff) == 71;
    if (decorate && words[at + 2] == 33 && words[at + 3] == 1) words[at + 3] = 9;  // Binding 1 -> 9
  }
  try {
    reflect("layer_norm", words);
    FAIL() << "accepted";
  } catch (const ShapeError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("binding 1 is missing"));
    EXPECT_THAT(error.what(), testing::HasSubstr("shader layer_norm"));
  }
}

}  // namespace
}  // namespace fovea::compute
