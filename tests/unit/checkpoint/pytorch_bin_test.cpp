// SPDX-License-Identifier: Apache-2.0
// Files that torch.save wrote (scripts/goldens/make_checkpoint_fixtures.py).
#include "vision/checkpoint/pytorch_bin.hpp"

#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "tests/support/places.hpp"
#include "vision/checkpoint/safetensors.hpp"

namespace fovea::vision {
namespace {

using testing::HasSubstr;

std::filesystem::path data(const char* name) {
  return fovea::test::source_dir() / "tests/unit/checkpoint/data/bin" / name;
}

std::string refusal(const char* name) {
  const MappedFile file(data(name));
  try {
    read_pytorch_bin(file);
  } catch (const ModelError& error) {
    return error.what();
  }
  ADD_FAILURE() << name << " was read";
  return {};
}

class PickleProtocol : public testing::TestWithParam<const char*> {};

TEST_P(PickleProtocol, GivesTheTensorsThatWereSaved) {
  const MappedFile file(data(GetParam()));
  std::map<std::string, StoredTensor> found;
  for (StoredTensor& tensor : read_pytorch_bin(file)) found[tensor.name] = std::move(tensor);
  EXPECT_EQ(found.at("position_ids").type, StoredType::other);
  EXPECT_EQ(found.at("half").type, StoredType::f16);
  EXPECT_EQ(found.at("bfloat").type, StoredType::bf16);
  EXPECT_TRUE(found.at("dense").strides.empty());
  EXPECT_FALSE(found.at("transposed").strides.empty());
  EXPECT_EQ(found.size(), 11u);

  const MappedFile twin(data("expected.safetensors"));
  for (const StoredTensor& expected : read_safetensors(twin)) {
    ASSERT_TRUE(found.contains(expected.name)) << expected.name;
    EXPECT_EQ(found[expected.name].shape, expected.shape) << expected.name;
    EXPECT_EQ(widen(found[expected.name], "bin"), widen(expected, "twin")) << expected.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Bin, PickleProtocol,
                         testing::Values("protocol2.bin", "protocol3.bin", "protocol4.bin",
                                         "protocol5.bin"),
                         [](const auto& each) { return std::string(each.param, 9); });

TEST(PytorchBin, NamesTheFormatFromBefore16) {
  EXPECT_THAT(refusal("before_1_6.bin"), HasSubstr("from before torch 1.6"));
}

TEST(PytorchBin, NamesATypeItDoesNotRead) {
  EXPECT_THAT(refusal("double.bin"), HasSubstr("torch.DoubleStorage"));
}

TEST(PytorchBin, RefusesATensorLargerThanItsStorage) {
  EXPECT_THAT(refusal("expanded.bin"), HasSubstr("'expanded' [1000]"));
}

TEST(PytorchBin, NamesAnEntryThatIsNoTensor) {
  EXPECT_THAT(refusal("not_only_tensors.bin"), HasSubstr("'epoch' is not a tensor"));
}

}  // namespace
}  // namespace fovea::vision
