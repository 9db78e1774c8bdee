// SPDX-License-Identifier: Apache-2.0
// Answers without some patches against the slow twin, whose sequence lacks their rows.
#include "vision/attend/masking.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "tests/golden/models/golden_model.hpp"
#include "tests/golden/models/tolerances.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::golden {
namespace {

class Masking : public test::DeviceTest, public testing::WithParamInterface<const char*> {
 protected:
  Masking() {
    std::mt19937 random(1);
    for (std::uint8_t& byte : pixels_) byte = static_cast<std::uint8_t>(random() >> 24);
    preprocessor_.normalise(pixels_, tensor_);
  }
  std::vector<double> twin(const std::vector<int>& mask) const {
    const vision::InputSize size = preprocessor_.usual_size();
    return reference::run_vit(checkpoint_, tensor_, size.h, size.w, reference::WeightStorage::exact,
                              mask)
        .logits;
  }
  static double score(const std::vector<double>& logits, std::size_t id) {
    double sum = 0;
    for (const double logit : logits) sum += std::exp(logit - logits[id]);
    return 1 / sum;
  }

  vision::Checkpoint checkpoint_ = vision::Checkpoint::open(load_golden(GetParam()).folder);
  vision::Preprocessor preprocessor_{checkpoint_.preprocess()};
  std::vector<std::uint8_t> pixels_ = std::vector<std::uint8_t>(preprocessor_.output_count());
  std::vector<float> tensor_ = std::vector<float>(preprocessor_.output_count());
};

TEST_P(Masking, AnswersAsTheTwinWithoutThePatches) {
  // Lengths mixed, three of one length in batches of two, all but one patch gone.
  std::vector<std::vector<int>> masks{{4}, {}, {0, 8}, {8}, {0}, {3, 1}, {}};
  for (int i = 0; i < 8; ++i) masks.back().push_back(i);
  masks.back().erase(masks.back().begin() + 5);
  vision::TokenMasking masking(device(), checkpoint_, {.batch = 2});
  const std::vector<float> logits = masking.logits(pixels_, preprocessor_.usual_size(), masks);
  const std::size_t classes = checkpoint_.config().labels.size();
  ASSERT_EQ(logits.size(), masks.size() * classes);
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const std::vector<double> right = twin(masks[i]);
    const auto [least, most] = std::ranges::minmax(right);
    for (std::size_t c = 0; c < classes; ++c) {
      EXPECT_NEAR(logits[i * classes + c], right[c], kFp32Tolerance * (most - least))
          << "mask " << i << ", class " << c;
    }
  }
}

TEST_P(Masking, RelevanceIsTheFallOfTheScore) {
  vision::TokenMasking masking(device(), checkpoint_, {.batch = 4, .group = 2});
  const vision::Relevance found = masking.relevance(pixels_, preprocessor_.usual_size(), 2);
  EXPECT_EQ(found.class_id, 2);
  EXPECT_EQ(found.drops.others, checkpoint_.config().prefix_tokens());
  ASSERT_EQ(found.drops.grid, (vision::PatchGrid{3, 3}));
  const double whole = score(twin({}), 2);
  const std::vector<std::vector<int>> squares{{0, 1, 3, 4}, {2, 5}, {6, 7}, {8}};
  for (const std::vector<int>& square : squares) {
    const double fall = whole - score(twin(square), 2);
    for (const int patch : square) {
      // Two scores, each of logits good to 1e-5 of a range of a few.
      EXPECT_NEAR(found.drops.patches()[static_cast<std::size_t>(patch)], fall, 1e-4);
    }
  }
}

TEST_P(Masking, MasksThatCannotBeAreRefused) {
  vision::TokenMasking masking(device(), checkpoint_);
  const auto refusal = [&](const std::vector<int>& mask) {
    return test::error_text([&] {
      masking.logits(pixels_, preprocessor_.usual_size(), std::vector<std::vector<int>>{mask});
    });
  };
  EXPECT_EQ(refusal({9}),
            "patch 9 cannot be masked\n"
            "  where: TokenMasking\n"
            "  fix:   name each of 0 to 8 at most once");
  EXPECT_EQ(refusal({2, 2}), refusal({9}).replace(6, 1, "2"));
  EXPECT_EQ(refusal({0, 1, 2, 3, 4, 5, 6, 7, 8}),
            "a mask leaves no patch\n"
            "  where: TokenMasking\n"
            "  fix:   leave one or more");
  EXPECT_EQ(test::error_text([&] { vision::TokenMasking(device(), checkpoint_, {.batch = 0}); }),
            "masks in batches of 0, squares of 1\n"
            "  where: MaskingOptions\n"
            "  fix:   use 1 or more of each");
}

// All of 3x3 patches: a class token, one more special token, and the mean over patches.
INSTANTIATE_TEST_SUITE_P(Models, Masking,
                         testing::Values("vit-sparse-config", "deit-distilled",
                                         "timm-registers-average"),
                         [](const testing::TestParamInfo<const char*>& test) {
                           std::string name = test.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace fovea::golden
