// SPDX-License-Identifier: Apache-2.0
// The filter against the textbook's, with its 8 x 8 matrices.
#include "vision/track/box_motion.hpp"

#include <random>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

namespace fovea::vision {
namespace {

/// x = F x, P = F P F' + Q;  K = P H' (H P H' + R)^-1, x += K (z - H x), P = (I - K H) P.
class TextbookFilter {
 public:
  explicit TextbookFilter(const Box& box) : x_(cv::Mat::zeros(8, 1, CV_64F)) {
    const cv::Mat seen = measured(box);
    seen.copyTo(x_.rowRange(0, 4));
    const double h = seen.at<double>(3);
    p_ = diagonal({h / 10, h / 10, 1e-2, h / 10, h / 16, h / 16, 1e-5, h / 16});
  }
  void predict(double frames, bool freeze) {
    if (freeze) x_.at<double>(7) = 0;
    const double h = x_.at<double>(3);
    cv::Mat f = cv::Mat::eye(8, 8, CV_64F);
    for (int i = 0; i < 4; ++i) f.at<double>(i, i + 4) = frames;
    const cv::Mat q = diagonal({h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160});
    x_ = f * x_;
    p_ = f * p_ * f.t() + q * frames;
  }
  void correct(const Box& box) {
    const double h = x_.at<double>(3);
    const cv::Mat pick = cv::Mat::eye(4, 8, CV_64F);
    const cv::Mat r = diagonal({h / 20, h / 20, 1e-1, h / 20});
    const cv::Mat s = pick * p_ * pick.t() + r;
    const cv::Mat gain = p_ * pick.t() * s.inv();
    x_ = x_ + gain * (measured(box) - pick * x_);
    p_ = (cv::Mat::eye(8, 8, CV_64F) - gain * pick) * p_;
  }
  double operator[](int i) const { return x_.at<double>(i); }

 private:
  static cv::Mat measured(const Box& box) {
    return (cv::Mat_<double>(4, 1) << (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2,
            box.width() / box.height(), box.height());
  }
  static cv::Mat diagonal(const std::vector<double>& deviations) {
    cv::Mat squares;
    cv::pow(cv::Mat(deviations), 2, squares);
    return cv::Mat::diag(squares);
  }
  cv::Mat x_, p_;
};

Box around(double x, double y, double w, double h) {
  return {static_cast<float>(x - w / 2), static_cast<float>(y - h / 2),
          static_cast<float>(x + w / 2), static_cast<float>(y + h / 2)};
}

TEST(BoxMotion, EqualsTheTextbookFilter) {
  std::mt19937 random(3);
  std::normal_distribution<double> noise(0, 2);
  std::uniform_real_distribution<double> pause(0.2, 4), chance(0, 1);
  const auto seen_at = [&](double t) {
    return around(100 + 5 * t + noise(random), 200 - 2 * t + noise(random),
                  40 + noise(random) * 0.3, 90 + 0.4 * t + noise(random));
  };
  const Box first = seen_at(0);
  BoxMotion motion(first);
  TextbookFilter textbook(first);
  double t = 0;
  for (int step = 0; step < 200; ++step) {
    const double frames = pause(random);
    const bool unseen = chance(random) < 0.2;
    t += frames;
    motion.predict(frames, unseen);
    textbook.predict(frames, unseen);
    if (!unseen) {
      const Box box = seen_at(t);
      motion.correct(box);
      textbook.correct(box);
    }
    const Box box = motion.box();
    // Boxes are float: six digits of numbers up to a few thousand.
    EXPECT_NEAR((box.x1 + box.x2) / 2, textbook[0], 1e-2);
    EXPECT_NEAR((box.y1 + box.y2) / 2, textbook[1], 1e-2);
    EXPECT_NEAR(box.width() / box.height(), textbook[2], 1e-4);
    EXPECT_NEAR(box.height(), textbook[3], 1e-2);
    EXPECT_NEAR(motion.velocity_x(), textbook[4], 1e-6);
    EXPECT_NEAR(motion.velocity_y(), textbook[5], 1e-6);
  }
  EXPECT_NEAR(motion.velocity_x(), 5, 0.5);
  EXPECT_NEAR(motion.velocity_y(), -2, 0.5);
}

TEST(BoxMotion, OneLongStepArrivesWhereManyShortOnesDo) {
  BoxMotion once(around(50, 50, 20, 40));
  for (int i = 1; i <= 20; ++i) {
    once.predict(1, false);
    once.correct(around(50 + 3 * i, 50, 20, 40));
  }
  BoxMotion often = once;
  once.predict(6, false);
  for (int i = 0; i < 24; ++i) often.predict(0.25, false);
  EXPECT_NEAR(once.box().x1, often.box().x1, 1e-3);
  EXPECT_NEAR(once.box().y2, often.box().y2, 1e-3);
}

TEST(BoxMotion, NeverShrinksToNothing) {
  BoxMotion shrinking(around(50, 50, 20, 40));
  for (int i = 0; i < 15; ++i) {
    shrinking.predict(1, false);
    shrinking.correct(around(50, 50, 20, 40 - 2.6 * i));
  }
  shrinking.predict(500, false);
  EXPECT_GE(shrinking.box().height(), 0.99f);
  EXPECT_GT(shrinking.box().width(), 0);
}

}  // namespace
}  // namespace fovea::vision
