// SPDX-License-Identifier: Apache-2.0
// The stage on OpenCV's transform: what becomes of a picture, and when an alarm is told.
#include "pipeline/spectral/quality_stage.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/degrade.hpp"
#include "tests/unit/vision/spectra_by_dft.hpp"

namespace fovea::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using vision::Flaw;

/// Boxes of many sizes and greys: edges enough to be sharp.
cv::Mat scene() {
  cv::RNG random(3);
  cv::Mat grey(256, 256, CV_8U, cv::Scalar(128));
  for (int i = 0; i < 400; ++i) {
    const cv::Rect box(random.uniform(-20, 250), random.uniform(-20, 250), random.uniform(3, 60),
                       random.uniform(3, 60));
    cv::rectangle(grey, box, cv::Scalar(random.uniform(20, 235)), cv::FILLED);
  }
  return grey;
}

Frame frame_of(const cv::Mat& grey, std::optional<double> seconds = {}) {
  Frame frame;
  frame.tag.source = "cam";
  cv::cvtColor(grey, frame.image.rgb, cv::COLOR_GRAY2RGB);
  if (seconds) frame.tag.position = std::chrono::microseconds(std::llround(*seconds * 1e6));
  return frame;
}

QualityStage stage_that(OnFail on_fail) {
  QualityConfig config;
  config.on_fail = on_fail;
  return {config, test::spectra_by_dft};
}

TEST(QualityStage, TagsByDefault) {
  QualityStage stage = stage_that(OnFail::tag);
  const auto sharp = stage.process(frame_of(scene()));
  ASSERT_TRUE(sharp && sharp->quality);
  EXPECT_THAT(sharp->quality->low, IsEmpty());
  EXPECT_EQ(stage.last_spectrum().size(), cv::Size(129, 256));
  const auto blurred = stage.process(frame_of(test::blurred(scene(), 3)));
  ASSERT_TRUE(blurred && blurred->quality);
  EXPECT_THAT(blurred->quality->low, ElementsAre(Flaw::blur));
  EXPECT_THAT(blurred->events, IsEmpty());
}

TEST(QualityStage, SkipsWhatIsLow) {
  QualityStage stage = stage_that(OnFail::skip);
  EXPECT_TRUE(stage.process(frame_of(scene())));
  EXPECT_FALSE(stage.process(frame_of(test::blurred(scene(), 3))));
}

TEST(QualityStage, StreamsAloneAreObstructedOrFrozen) {
  QualityStage stage = stage_that(OnFail::tag);
  const auto still = stage.process(frame_of(scene()));
  EXPECT_EQ(still->quality.value()[Flaw::frozen], std::nullopt);
  const auto live = stage.process(frame_of(scene(), 0));
  EXPECT_TRUE(live->quality.value()[Flaw::frozen]);
  EXPECT_TRUE(live->quality.value()[Flaw::obstruction]);
}

TEST(QualityStage, ASmallPicturePassesAndHasNoSpectrum) {
  QualityStage stage = stage_that(OnFail::skip);
  EXPECT_TRUE(stage.process(frame_of(cv::Mat(32, 32, CV_8U, cv::Scalar(128)))));
  EXPECT_TRUE(stage.last_spectrum().empty());
}

TEST(QualityStage, AlarmsOfAStillAtOnce) {
  QualityStage stage = stage_that(OnFail::alarm);
  EXPECT_THAT(stage.gives(), ElementsAre(Data::events));
  const auto frame = stage.process(frame_of(test::blurred(scene(), 3)));
  ASSERT_EQ(frame->events.size(), 1u);
  EXPECT_EQ(frame->events[0].kind, "quality_low");
  EXPECT_EQ(frame->events[0].where, "blur");
  EXPECT_LT(frame->events[0].value, 0.3);
}

class AlarmTest : public ::testing::Test {
 protected:
  /// "quality_low blur" for each event.
  std::vector<std::string> see(double seconds, float blur) {
    vision::Quality quality;
    quality[Flaw::blur] = blur;
    if (blur < 0.3f) quality.low.push_back(Flaw::blur);
    std::vector<Event> events;
    alarm_.observe(seconds, 2, quality, events);
    std::vector<std::string> told;
    for (const Event& event : events) told.push_back(event.kind + " " + event.where);
    return told;
  }
  QualityAlarm alarm_;
};

TEST_F(AlarmTest, ComesAfterItsGraceAndOnce) {
  EXPECT_THAT(see(0, 0.1f), IsEmpty());
  EXPECT_THAT(see(1.9, 0.1f), IsEmpty());
  EXPECT_THAT(see(2, 0.1f), ElementsAre("quality_low blur"));
  EXPECT_THAT(see(9, 0.1f), IsEmpty());
  EXPECT_THAT(see(10, 0.8f), IsEmpty());
  EXPECT_THAT(see(12, 0.8f), ElementsAre("quality_ok blur"));
}

TEST_F(AlarmTest, DoesNotFlap) {
  for (int i = 0; i < 40; ++i) EXPECT_THAT(see(i, i % 2 == 0 ? 0.1f : 0.8f), IsEmpty());
}

}  // namespace
}  // namespace fovea::pipeline
