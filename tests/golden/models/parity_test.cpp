// SPDX-License-Identifier: Apache-2.0
// The model on the device against the reference implementation, block by block, for every
// checkpoint of data/.
#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "tests/golden/models/golden_model.hpp"
#include "tests/golden/models/mutations.hpp"
#include "tests/golden/models/tolerances.hpp"
#include "tests/support/device_fixture.hpp"
#include "vision/models/auto_precision.hpp"

namespace fovea::golden {
namespace {

using compute::ops::Precision;

class Parity : public test::DeviceTest, public testing::WithParamInterface<std::string> {
 protected:
  std::vector<Trace> run(Precision precision, const std::vector<std::size_t>& pictures) {
    std::vector<std::span<const float>> batch;
    for (const std::size_t picture : pictures) batch.emplace_back(golden_.pictures.at(picture));
    return run_on_device(device(), checkpoint_, precision, golden_.input_h, golden_.input_w, batch);
  }

  /// Weights that are F16 on disk lose nothing, unless LayerScale is folded into them.
  double fp16_tolerance() const {
    const bool exact =
        checkpoint_.summary().stored_dtype == "F16" && !checkpoint_.config().layer_scale;
    return exact ? kFp32Tolerance : kFp16Tolerance;
  }

  double int8_tolerance() {
    return device().limits().fast_byte_dots ? kInt8DotTolerance : kInt8Tolerance;
  }

  GoldenModel golden_ = load_golden(GetParam());
  vision::Checkpoint checkpoint_ = vision::Checkpoint::open(golden_.folder);
};

TEST_P(Parity, Fp32IsTheReferenceImplementation) {
  for (const std::size_t picture : {0u, 1u}) {
    const Trace trace = run(Precision::fp32, {picture}).front();
    EXPECT_TRUE(agree(golden_, golden_.answers[picture], trace, kFp32Tolerance))
        << "picture " << picture;
    EXPECT_EQ(top1(trace), top1(golden_.answers[picture]));
  }
}

TEST_P(Parity, Fp16DiffersOnlyByTheRoundingOfItsWeights) {
  for (const std::size_t picture : {0u, 1u}) {
    const Trace trace = run(Precision::fp16, {picture}).front();
    const Trace twin = run_reference(checkpoint_, golden_.input_h, golden_.input_w,
                                     golden_.pictures[picture], reference::WeightStorage::f16);
    EXPECT_TRUE(agree(golden_, twin, trace, kFp32Tolerance)) << "against the twin";
    EXPECT_TRUE(agree(golden_, golden_.answers[picture], trace, fp16_tolerance()))
        << "against the reference implementation, picture " << picture;
    EXPECT_EQ(top1(trace), top1(golden_.answers[picture]));
  }
}

TEST_P(Parity, AutoIsAsAccurateAsFp32) {
  const vision::PrecisionChoice choice =
      vision::choose_precision(std::nullopt, device(), checkpoint_);
  const Trace trace = run(choice.precision, {0}).front();
  EXPECT_TRUE(agree(golden_, golden_.answers[0], trace, kFp32Tolerance))
      << to_string(choice.precision) << ": " << choice.why;
  const bool exact = device().info().kind == compute::DeviceKind::software &&
                     checkpoint_.summary().stored_dtype == "F16" &&
                     !checkpoint_.config().layer_scale;
  if (exact) {
    EXPECT_EQ(choice.precision, Precision::fp16);
  }
}

TEST_P(Parity, Int8DiffersOnlyByTheRoundingOfItsWeights) {
  // No twin rounds activations as a device does that multiplies bytes.
  const bool weights_only = !device().limits().fast_byte_dots;
  for (const std::size_t picture : {0u, 1u}) {
    const Trace trace = run(Precision::int8, {picture}).front();
    const Trace twin = run_reference(checkpoint_, golden_.input_h, golden_.input_w,
                                     golden_.pictures[picture], reference::WeightStorage::int8);
    if (weights_only) {
      EXPECT_TRUE(agree(golden_, twin, trace, kFp32Tolerance)) << "against the twin";
    }
    const Trace& right = golden_.answers[picture];
    EXPECT_TRUE(agree(golden_, right, trace, int8_tolerance()))
        << "against the reference implementation, picture " << picture;
    // A first answer may change where a second is as near as the error allows.
    if (margin(right) > 2 * int8_tolerance()) {
      EXPECT_EQ(top1(trace), top1(right));
    }
  }
}

TEST_P(Parity, EveryPlaceInABatchGivesTheSameAnswer) {
  for (const Precision precision : {Precision::fp32, Precision::fp16, Precision::int8}) {
    const std::vector<Trace> traces = run(precision, {0, 1, 0});
    const double tolerance = precision == Precision::fp32   ? kFp32Tolerance
                             : precision == Precision::fp16 ? fp16_tolerance()
                                                            : int8_tolerance();
    EXPECT_TRUE(agree(golden_, golden_.answers[0], traces[0], tolerance)) << "first place";
    EXPECT_TRUE(agree(golden_, golden_.answers[1], traces[1], tolerance)) << "second place";
    EXPECT_EQ(traces[0], traces[2]) << "the same picture in the third place, bit for bit";
  }
}

/// For the README: what was measured, as a row of its table.
TEST_P(Parity, Figures) {
  std::map<Precision, double> largest;
  for (const Precision precision : {Precision::fp32, Precision::fp16, Precision::int8}) {
    const std::vector<Trace> traces = run(precision, {0, 1, 0});
    for (std::size_t i = 0; i < golden_.answers.size(); ++i) {
      largest[precision] =
          std::max(largest[precision], worst(tap_errors(golden_, golden_.answers[i], traces[i])));
    }
  }
  fmt::print("| {} | {} | {:.1e} | {:.1e} | {:.1e} |\n", GetParam(),
             checkpoint_.summary().stored_dtype, largest[Precision::fp32], largest[Precision::fp16],
             largest[Precision::int8]);
  EXPECT_GT(largest[Precision::fp32], 0.0) << "goldens compared with themselves?";
}

INSTANTIATE_TEST_SUITE_P(Models, Parity, testing::ValuesIn(golden_names()), test_name);

class Mutations : public test::DeviceTest, public testing::WithParamInterface<Mutation> {};

TEST_P(Mutations, AreNoticedWhereTheyBegin) {
  const GoldenModel golden = load_golden(GetParam().model);
  const MutatedFolder wrong(GetParam(), golden.folder);
  const auto checkpoint = vision::Checkpoint::open(wrong.path());
  const Trace trace = run_on_device(device(), checkpoint, Precision::fp32, golden.input_h,
                                    golden.input_w, {golden.pictures[0]})
                          .front();
  const auto result = agree(golden, golden.answers[0], trace, kFp32Tolerance);
  ASSERT_FALSE(result) << "the tolerance is too wide to see it";
  EXPECT_NE(std::string(result.message()).find(fmt::format("'{}'", GetParam().first_at)),
            std::string::npos)
      << result.message();
}

INSTANTIATE_TEST_SUITE_P(Config, Mutations, testing::ValuesIn(kMutations),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace fovea::golden
