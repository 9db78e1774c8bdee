// SPDX-License-Identifier: Apache-2.0
#include "vision/classify.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"

namespace fovea::vision {
namespace {

const std::vector<std::string> kNames{"ant", "bee", "cat", "dog"};

std::vector<int> ids(const std::vector<Label>& labels) {
  std::vector<int> found;
  for (const Label& label : labels) found.push_back(label.id);
  return found;
}

TEST(TopLabels, AreBestFirstWithSoftmaxOverAllClasses) {
  const std::vector<float> logits{0.0f, 2.0f, 1.0f, -1.0f};
  const auto labels = top_labels(logits, kNames, 2);
  ASSERT_THAT(ids(labels), testing::ElementsAre(1, 2));
  EXPECT_EQ(labels[0].name, "bee");
  const double sum = std::exp(0.0) + std::exp(2.0) + std::exp(1.0) + std::exp(-1.0);
  EXPECT_FLOAT_EQ(labels[0].score, static_cast<float>(std::exp(2.0) / sum));
  EXPECT_FLOAT_EQ(labels[1].score, static_cast<float>(std::exp(1.0) / sum));
}

TEST(TopLabels, TiesGoToTheSmallerId) {
  const std::vector<float> logits{1.0f, 3.0f, 1.0f, 3.0f};
  EXPECT_THAT(ids(top_labels(logits, kNames, 4)), testing::ElementsAre(1, 3, 0, 2));
}

TEST(TopLabels, MoreThanThereAreGivesAll) {
  const std::vector<float> logits{1.0f, 2.0f, 3.0f, 4.0f};
  const auto labels = top_labels(logits, kNames, 9);
  EXPECT_THAT(ids(labels), testing::ElementsAre(3, 2, 1, 0));
  float sum = 0;
  for (const Label& label : labels) sum += label.score;
  EXPECT_NEAR(sum, 1.0f, 1e-6f);
}

TEST(TopLabels, HugeLogitsDoNotOverflow) {
  const std::vector<float> logits{-3e38f, 3e38f, 3e38f, 0.0f};
  const auto labels = top_labels(logits, kNames, 3);
  EXPECT_FLOAT_EQ(labels[0].score, 0.5f);
  EXPECT_FLOAT_EQ(labels[1].score, 0.5f);
  EXPECT_FLOAT_EQ(labels[2].score, 0.0f);
}

TEST(TopLabels, ANumberThatIsNotFiniteIsAnErrorThatNamesTheClass) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> logits{0.0f, 1.0f, bad, 2.0f};
    try {
      top_labels(logits, kNames, 1);
      FAIL() << "no error for " << bad;
    } catch (const ModelError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("logit 2 ('cat')"));
    }
  }
}

TEST(TopLabels, OneClassIsCertain) {
  const std::vector<float> logits{-7.0f};
  const std::vector<std::string> names{"only"};
  EXPECT_FLOAT_EQ(top_labels(logits, names, 5).at(0).score, 1.0f);
}

}  // namespace
}  // namespace fovea::vision
