// SPDX-License-Identifier: Apache-2.0
// A model of the paper's smallest size (197 tokens, 12 layers, head dim 64) against the slow
// twin: the shapes that people run, which the tiny goldens do not reach.
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/golden/models/golden_model.hpp"
#include "tests/golden/models/tolerances.hpp"
#include "tests/support/device_fixture.hpp"
#include "vision/models/random_checkpoint.hpp"

namespace fovea::golden {
namespace {

namespace fs = std::filesystem;
using compute::ops::Precision;

class FullSize : public test::DeviceTest {
 protected:
  void TearDown() override {
    fs::remove_all(parent_);
    test::DeviceTest::TearDown();
  }

  fs::path parent_ = fs::temp_directory_path() / ("fovea-full-size-" + std::to_string(::getpid()));
};

TEST_F(FullSize, VitTinyIsItsTwinInBothPrecisions) {
  const auto checkpoint =
      vision::Checkpoint::open(vision::random_checkpoint("vit-tiny-224", parent_));
  std::vector<float> picture(std::size_t{3} * 224 * 224);
  for (std::size_t i = 0; i < picture.size(); ++i) {
    picture[i] = static_cast<float>(std::sin(0.001 * static_cast<double>(i) * (1.0 + 1e-5 * i)));
  }
  GoldenModel twin;
  twin.name = "random:vit-tiny-224";
  twin.taps = {"embeddings"};
  for (int i = 0; i < 12; ++i) twin.taps.push_back("block." + std::to_string(i));
  twin.taps.emplace_back("logits");
  twin.answers.push_back(
      run_reference(checkpoint, 224, 224, picture, reference::WeightStorage::exact));

  // The weights are F16 already, so both precisions compute with the same numbers.
  for (const Precision precision : {Precision::fp32, Precision::fp16}) {
    const auto traces =
        run_on_device(device(), checkpoint, precision, 224, 224, {picture, picture});
    EXPECT_TRUE(agree(twin, twin.answers[0], traces[0], kFp32Tolerance));
    EXPECT_EQ(traces[0], traces[1]) << "the same picture in the second place";
    fmt::print("| {} | F16 | {}: {:.1e} |\n", twin.name,
               precision == Precision::fp32 ? "fp32" : "fp16",
               worst(tap_errors(twin, twin.answers[0], traces[0])));
  }
}

}  // namespace
}  // namespace fovea::golden
