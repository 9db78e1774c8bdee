// SPDX-License-Identifier: Apache-2.0
// The slow twin against the reference implementation: no device. What the device is compared
// with elsewhere is right, and so are the checkpoint reader and the goldens.
#include "tests/golden/models/golden_model.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::golden {
namespace {

class Reference : public testing::TestWithParam<std::string> {
 protected:
  GoldenModel golden_ = load_golden(GetParam());
  vision::Checkpoint checkpoint_ = vision::Checkpoint::open(golden_.folder);
};

TEST_P(Reference, GivesTheReferenceImplementationsNumbers) {
  ASSERT_EQ(golden_.taps.size(), static_cast<std::size_t>(checkpoint_.config().layers) + 2);
  for (std::size_t i = 0; i < golden_.pictures.size(); ++i) {
    const Trace trace = run_reference(checkpoint_, golden_.input_h, golden_.input_w,
                                      golden_.pictures[i], reference::WeightStorage::exact);
    // Both sides compute in double; the goldens are rounded to f32 (6e-8).
    EXPECT_TRUE(agree(golden_, golden_.answers[i], trace, 2e-7)) << "picture " << i;
  }
}

TEST_P(Reference, ProcessorDeliversTheSizeTheGoldensWereMadeFor) {
  const vision::Preprocessor preprocessor(checkpoint_.preprocess());
  EXPECT_EQ(preprocessor.output_h(), golden_.input_h);
  EXPECT_EQ(preprocessor.output_w(), golden_.input_w);
}

TEST_P(Reference, TwoPicturesGiveDifferentAnswers) {
  // Else "the same in every slot" would be easy to keep.
  EXPECT_GT(worst(tap_errors(golden_, golden_.answers[0], golden_.answers[1])), 0.1);
}

INSTANTIATE_TEST_SUITE_P(Models, Reference, testing::ValuesIn(golden_names()), test_name);

}  // namespace
}  // namespace fovea::golden
