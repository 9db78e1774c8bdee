// SPDX-License-Identifier: Apache-2.0
#include "vision/models/random_checkpoint.hpp"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "vision/checkpoint/checkpoint.hpp"

namespace fovea::vision {
namespace {

namespace fs = std::filesystem;

class RandomCheckpoint : public testing::Test {
 protected:
  void SetUp() override {
    parent_ =
        fs::temp_directory_path() / ("fovea-random-" + std::to_string(::getpid()) + "-" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(parent_);
  }
  void TearDown() override { fs::remove_all(parent_); }
  fs::path parent_;
};

TEST_F(RandomCheckpoint, IsAFolderLikeAnyOther) {
  const auto checkpoint = Checkpoint::open(random_checkpoint("random:vit-tiny", parent_));
  EXPECT_EQ(checkpoint.config().architecture, "ViTForImageClassification");
  EXPECT_EQ(checkpoint.config().hidden_size, 192);
  EXPECT_EQ(checkpoint.config().tokens(), 197);
  EXPECT_EQ(checkpoint.config().labels.size(), 1000u);
  // timm's figure for vit_tiny_patch16_224.
  EXPECT_EQ(checkpoint.summary().parameters, 5'717'416u);
  EXPECT_EQ(checkpoint.summary().stored_dtype, "F16");
}

TEST_F(RandomCheckpoint, OfAGfnetHasTheAuthorsNamesAndSize) {
  const auto checkpoint = Checkpoint::open(random_checkpoint("random:gfnet-ti-224", parent_));
  EXPECT_EQ(checkpoint.config().family, "gfnet");
  EXPECT_EQ(checkpoint.config().layers, 12);
  EXPECT_EQ(checkpoint.config().image_h, 224);
  EXPECT_EQ(checkpoint.preprocess().shortest_edge, 256);
  // 7M in the authors' table.
  EXPECT_NEAR(static_cast<double>(checkpoint.summary().parameters), 7.5e6, 0.5e6);
  EXPECT_THROW(random_checkpoint("gfnet-ti-1024", parent_), ModelError) << "filters of 64 x 64";
}

TEST_F(RandomCheckpoint, IsNormalAndTheSameEverywhere) {
  const auto first = Checkpoint::open(random_checkpoint("vit-tiny-224", parent_ / "a"));
  const auto second = Checkpoint::open(random_checkpoint("vit-tiny-224", parent_ / "b"));
  EXPECT_EQ(first.sha256(), second.sha256());
  const auto weight = first.f32("classifier.weight", {1000, 192});
  double sum = 0, squares = 0;
  for (const float value : weight) {
    sum += value;
    squares += double{value} * value;
  }
  const auto count = static_cast<double>(weight.size());
  EXPECT_NEAR(sum / count, 0.0, 5 * 0.02 / std::sqrt(count));
  EXPECT_NEAR(std::sqrt(squares / count), 0.02, 0.0005);
}

TEST_F(RandomCheckpoint, IsWrittenOnce) {
  const fs::path folder = random_checkpoint("vit-tiny-224", parent_);
  const auto written = fs::last_write_time(folder / "model.safetensors");
  EXPECT_EQ(random_checkpoint("random:vit-tiny-224", parent_), folder);
  EXPECT_EQ(fs::last_write_time(folder / "model.safetensors"), written);
  EXPECT_EQ(std::distance(fs::directory_iterator(parent_), fs::directory_iterator()), 1)
      << "something was left beside the folder";
}

TEST_F(RandomCheckpoint, OtherPatchesAndPicturesAreNamed) {
  const fs::path folder = random_checkpoint("random:vit-tiny-patch32-384", parent_);
  EXPECT_EQ(folder.filename(), "vit-tiny-patch32-384");
  const auto checkpoint = Checkpoint::open(folder);
  EXPECT_EQ(checkpoint.config().patch_h, 32);
  EXPECT_EQ(checkpoint.config().image_w, 384);
  EXPECT_EQ(checkpoint.config().tokens(), 145);
  EXPECT_EQ(checkpoint.preprocess().resize_h, 384);
}

TEST_F(RandomCheckpoint, SizesThatNoPatchFillsAreRefused) {
  for (const char* name : {"vit-tiny-", "vit-tiny-225", "vit-tiny-patch0-224", "vit-tiny-8",
                           "vit-tiny-224-", "vit-tiny-8192", "vit-tiny-99999999999", "vit", ""}) {
    EXPECT_THROW(random_checkpoint(name, parent_), ModelError) << name;
  }
  EXPECT_FALSE(fs::exists(parent_));
}

TEST_F(RandomCheckpoint, AnotherNameListsThoseThereAre) {
  try {
    random_checkpoint("random:vit-huge", parent_);
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("random:vit-base-224"));
  }
}

TEST_F(RandomCheckpoint, AFolderThatCannotBeMadeIsAnError) {
  std::ofstream(parent_) << "a file where the folder should be";
  EXPECT_THROW(random_checkpoint("vit-tiny-224", parent_), ModelError);
}

}  // namespace
}  // namespace fovea::vision
