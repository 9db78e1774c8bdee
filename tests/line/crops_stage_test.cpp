// SPDX-License-Identifier: Apache-2.0
// Objects through a classifier: each gets the answer for its own pixels, however many there are
// and however they are gathered.
#include "pipeline/line/crops_stage.hpp"

#include <gmock/gmock.h>

#include "tests/line/fakes.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;

/// A picture whose pixel at (x, y) is x in red, and n objects of width 1, 2, 3 ... at x = 0, 1, 2
/// ...
Frame picture_with(int n) {
  Frame frame;
  frame.width_px = 400;
  frame.height_px = 4;
  frame.image.rgb = cv::Mat(4, 400, CV_8UC3);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 400; ++x) {
      frame.image.rgb.at<cv::Vec3b>(y, x) = {static_cast<unsigned char>(x), 0, 0};
    }
  }
  for (int i = 0; i < n; ++i) {
    vision::Object object;
    object.box = {static_cast<float>(i), 0, static_cast<float>(2 * i + 1), 4};
    object.name = i % 2 == 0 ? "dog" : "cat";
    frame.objects.push_back(object);
  }
  return frame;
}

/// What AddingModel says of object i: ten times its width, and the red of its first pixel.
std::string answer_for(int i) { return fmt::format("{}", (i + 1) * 10 + i + 0.5f); }

std::vector<std::string> answers(const Frame& frame) {
  std::vector<std::string> all;
  for (const vision::Object& object : frame.objects) {
    all.push_back(object.labels.empty() ? "none" : object.labels.front().name);
  }
  return all;
}

TEST(CropsStage, EachObjectGetsTheAnswerForItsOwnPixels) {
  for (const int n : {0, 1, 2, 3, 7, 100}) {
    for (const int batch : {1, 4, 16}) {
      for (const int slots : {1, 2}) {
        for (const std::uint64_t sizes : {std::uint64_t{1}, std::uint64_t{3}}) {
          auto model = std::make_unique<AddingModel>(
              ModelOptions{.batch = batch, .slots = slots, .sizes = sizes}, Faults{});
          const AddingModel& seen = *model;
          CropsStage stage(std::move(model), {});
          const auto frame = stage.process(picture_with(n));
          ASSERT_TRUE(frame);
          std::vector<std::string> expected;
          for (int i = 0; i < n; ++i) expected.push_back(answer_for(i));
          EXPECT_EQ(answers(*frame), expected) << n << " " << batch << " " << slots << " " << sizes;
          EXPECT_EQ(seen.in_air.load(), 0);
          if (sizes == 1) {
            EXPECT_EQ(seen.sizes.size(), static_cast<std::size_t>((n + batch - 1) / batch));
          }
        }
      }
    }
  }
}

TEST(CropsStage, OnlyTheClassesThatAreAskedFor) {
  CropsStage stage(std::make_unique<AddingModel>(ModelOptions{.batch = 2}, Faults{}), {"cat"});
  const auto frame = stage.process(picture_with(4));
  ASSERT_TRUE(frame);
  EXPECT_THAT(answers(*frame), testing::ElementsAre("none", answer_for(1), "none", answer_for(3)));
}

TEST(CropsStage, ACropThatCannotBePreparedIsThePicturesFailure) {
  Faults faults;
  faults.unpreparable = {3};
  CropsStage stage(std::make_unique<AddingModel>(ModelOptions{.batch = 4}, faults), {});
  try {
    stage.process(picture_with(5));
    FAIL();
  } catch (const FrameError& error) {
    EXPECT_STREQ(error.what(), "the crop of 'dog': too long");
  }
  EXPECT_TRUE(stage.process(picture_with(2))) << "the next picture is well";
}

/// Gives each picture as many objects as its number says.
class FakeDetector : public FrameStage {
 public:
  std::string_view name() const override { return "detect"; }
  std::vector<Data> needs() const override { return {Data::labels}; }
  std::vector<Data> gives() const override { return {Data::objects}; }
  std::optional<Frame> process(Frame frame) override {
    Frame pixels = picture_with(frame.width_px % 9);
    frame.image = pixels.image;
    frame.objects = pixels.objects;
    frame.width_px = pixels.width_px;
    frame.height_px = pixels.height_px;
    return frame;
  }
};

/// Puts what the crops were called into the picture's own labels, which the Recorder writes down.
class Collect : public FrameStage {
 public:
  std::string_view name() const override { return "collect"; }
  std::vector<Data> needs() const override { return {Data::objects}; }
  std::vector<Data> gives() const override { return {}; }
  std::optional<Frame> process(Frame frame) override {
    frame.labels.clear();
    for (const std::string& answer : answers(frame)) frame.labels.push_back({0, answer, 1});
    return frame;
  }
};

Chain chain_with_crops(int max_delay_us) {
  std::vector<std::unique_ptr<Stage>> later;
  later.push_back(std::make_unique<FakeDetector>());
  later.push_back(std::make_unique<CropsStage>(
      std::make_unique<AddingModel>(ModelOptions{.batch = 3, .max_delay_us = max_delay_us},
                                    Faults{}),
      std::vector<std::string>{}));
  later.push_back(std::make_unique<Collect>());
  return chain_of(fake_decode({}, max_delay_us),
                  std::make_unique<AddingModel>(
                      ModelOptions{.batch = 4, .max_delay_us = max_delay_us}, Faults{}),
                  std::move(later));
}

TEST(CropsStage, ThreadedEqualsSequential) {
  CountingSource slow_source(60, {}), source(60, {});
  Recorder expected, found;
  Sink* slow_sinks[] = {&expected};
  Sink* sinks[] = {&found};
  run_sequential(slow_source, chain_with_crops(0), slow_sinks);
  run_threaded(source, chain_with_crops(300), sinks, {.decode_threads = 3});
  EXPECT_THAT(found.lines, testing::ElementsAreArray(expected.lines));
  EXPECT_EQ(found.lines.at(3),
            "3 picture 3: " + answer_for(0) + " " + answer_for(1) + " " + answer_for(2));
  EXPECT_EQ(found.lines.at(9), "9 picture 9:") << "no objects, no answers";
}

}  // namespace
}  // namespace fovea::pipeline
