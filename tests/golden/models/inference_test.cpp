// SPDX-License-Identifier: Apache-2.0
// Inference takes pixels: the same bits as the tensor that the reference processor would make
// of them. Batches and slots: whatever the place and the company, the same answer.
#include "vision/inference.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "tests/golden/models/golden_model.hpp"
#include "tests/golden/models/tolerances.hpp"
#include "tests/support/device_fixture.hpp"
#include "vision/preprocess/packed_source.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::golden {
namespace {

using compute::ops::Precision;

/// Noise, and what the checkpoint's processor makes of it.
struct Picture {
  Picture(const vision::Preprocessor& preprocessor, unsigned seed)
      : pixels(preprocessor.output_count()), tensor(preprocessor.output_count()) {
    std::mt19937 random(seed);
    for (std::uint8_t& byte : pixels) byte = static_cast<std::uint8_t>(random() >> 24);
    preprocessor.normalise(pixels, tensor);
  }
  std::vector<std::uint8_t> pixels;
  std::vector<float> tensor;
};

class PixelsOf : public test::DeviceTest, public testing::WithParamInterface<std::string> {};

TEST_P(PixelsOf, GiveTheBitsOfTheirTensors) {
  const GoldenModel golden = load_golden(GetParam());
  const auto checkpoint = vision::Checkpoint::open(golden.folder);
  const vision::Preprocessor preprocessor(checkpoint.preprocess());
  const std::vector<Picture> pictures{{preprocessor, 1}, {preprocessor, 2}};
  for (const Precision precision : {Precision::fp32, Precision::fp16}) {
    const std::vector<Trace> right =
        run_on_device(device(), checkpoint, precision, golden.input_h, golden.input_w,
                      {pictures[0].tensor, pictures[1].tensor});
    vision::Inference inference(device(), checkpoint, {.precision = precision, .max_batch = 2});
    vision::Pending pending = inference.begin(2);
    for (int i = 0; i < 2; ++i) {
      std::ranges::copy(pictures[static_cast<std::size_t>(i)].pixels, pending.input(i).begin());
    }
    pending.submit();
    const auto logits = pending.finish();
    std::vector<float> wanted = right[0].at("logits");
    wanted.insert(wanted.end(), right[1].at("logits").begin(), right[1].at("logits").end());
    EXPECT_EQ(std::vector<float>(logits.begin(), logits.end()), wanted);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, PixelsOf, testing::ValuesIn(golden_names()), test_name);

class Inference : public test::DeviceTest {
 protected:
  vision::Inference make(int max_batch, int slots) {
    return vision::Inference(device(), checkpoint_, {.max_batch = max_batch, .slots = slots});
  }

  /// Pictures that the device makes, of sources of so many bytes.
  vision::InputSize from(std::size_t source_bytes) const {
    vision::InputSize size = preprocessor_.usual_size();
    size.source_bytes = source_bytes;
    return size;
  }

  /// `order` names a picture for each place.
  void fill(vision::Pending& pending, const std::vector<std::size_t>& order) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      std::ranges::copy(pictures_[order[i]].pixels, pending.input(static_cast<int>(i)).begin());
    }
  }

  std::vector<float> answers(vision::Inference& inference, const std::vector<std::size_t>& order) {
    vision::Pending pending = inference.begin(static_cast<int>(order.size()));
    fill(pending, order);
    pending.submit();
    const auto logits = pending.finish();
    return {logits.begin(), logits.end()};
  }

  void expect_right(std::span<const float> logits, const std::vector<std::size_t>& order) {
    const std::size_t classes = answers_[0].size();
    ASSERT_EQ(logits.size(), order.size() * classes);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::vector<float>& right = answers_[order[i]];
      const auto [least, most] = std::minmax_element(right.begin(), right.end());
      for (std::size_t c = 0; c < classes; ++c) {
        EXPECT_NEAR(logits[i * classes + c], right[c], kFp32Tolerance * (*most - *least))
            << "place " << i << " of " << order.size() << ", class " << c;
      }
    }
  }

  std::vector<float> twin(const Picture& picture) const {
    return run_reference(checkpoint_, golden_.input_h, golden_.input_w, picture.tensor,
                         reference::WeightStorage::exact)
        .at("logits");
  }

  GoldenModel golden_ = load_golden("deit-distilled");
  vision::Checkpoint checkpoint_ = vision::Checkpoint::open(golden_.folder);
  vision::Preprocessor preprocessor_{checkpoint_.preprocess()};
  std::vector<Picture> pictures_{{preprocessor_, 1}, {preprocessor_, 2}};
  std::vector<std::vector<float>> answers_{twin(pictures_[0]), twin(pictures_[1])};
};

TEST_F(Inference, EveryBatchSizeAnswersForEveryPlace) {
  vision::Inference inference = make(5, 1);
  for (const std::vector<std::size_t>& order : std::vector<std::vector<std::size_t>>{
           {0}, {1}, {0, 1}, {1, 0, 1}, {0, 0, 1, 1}, {1, 1, 0, 1, 0}, {1, 0, 1}, {0}}) {
    expect_right(answers(inference, order), order);
  }
}

TEST_F(Inference, SourcesAreResizedToTheBitsOfTheirPictures) {
  vision::Inference inference = make(4, 2);
  std::vector<vision::Image> images(3);
  vision::PackScratch scratch;
  std::size_t most = vision::least_source_bytes(preprocessor_.usual_size());
  for (int i = 0; i < 3; ++i) {
    images[static_cast<std::size_t>(i)].rgb.create(17 + 40 * i, 90 - 13 * i, CV_8UC3);
    cv::Mat& rgb = images[static_cast<std::size_t>(i)].rgb;
    for (int at = 0; at < rgb.rows * rgb.cols * 3; ++at) {
      rgb.data[at] = static_cast<std::uint8_t>(at * at % 251 + i);
    }
    most = std::max(
        most, vision::source_bytes(preprocessor_, images[static_cast<std::size_t>(i)], scratch));
  }
  vision::Pending resized = inference.begin(3);
  for (int i = 0; i < 3; ++i) {
    preprocessor_.resize(images[static_cast<std::size_t>(i)], resized.input(i), scratch.resample);
  }
  resized.submit();
  const auto logits = resized.finish();
  const std::vector<float> right(logits.begin(), logits.end());
  // Room as needed, and more of it: programs of their own, one after another and two at once.
  for (const std::size_t room : {std::bit_ceil(most), 4 * std::bit_ceil(most)}) {
    vision::Pending sources = inference.begin(from(room), 3);
    EXPECT_EQ(sources.size(), 3);
    for (int i = 0; i < 3; ++i) {
      vision::pack_source(preprocessor_, images[static_cast<std::size_t>(i)], scratch,
                          sources.input(i));
    }
    sources.submit();
    const vision::Pending other = inference.begin(from(2 * room), 1);
    const auto found = sources.finish();
    EXPECT_EQ(std::vector<float>(found.begin(), found.end()), right);
  }
}

TEST_F(Inference, AProgramThatResizesIsKeptWhileItIsInFlight) {
  vision::Inference inference(
      device(), checkpoint_,
      {.slots = 1, .other_programs = 0, .staging_bytes = std::size_t{3} << 20});
  const std::size_t most = inference.max_source_bytes();
  EXPECT_EQ(most, std::size_t{2} << 20);
  vision::Image image;
  image.rgb = cv::Mat(50, 60, CV_8UC3, cv::Scalar(10, 20, 200));
  vision::PackScratch scratch;
  vision::Pending first = inference.begin(from(most), 1);
  // Of two sizes only one is to be kept.
  const vision::Pending second = inference.begin(from(2 * most), 1);
  vision::pack_source(preprocessor_, image, scratch, first.input(0));
  first.submit();
  const auto found = first.finish();
  vision::Pending resized = inference.begin(1);
  preprocessor_.resize(image, resized.input(0), scratch.resample);
  resized.submit();
  const auto right = resized.finish();
  EXPECT_TRUE(std::ranges::equal(found, right));
}

TEST_F(Inference, WhatRanBeforeInTheSlotDoesNotMatter) {
  vision::Inference inference = make(4, 1);
  const std::vector<float> fresh = answers(inference, {0, 1, 0});
  answers(inference, {1, 1, 1, 1});
  EXPECT_EQ(answers(inference, {0, 1, 0}), fresh);
}

TEST_F(Inference, SlotsInFlightTogetherKeepTheirPicturesApart) {
  vision::Inference inference = make(2, 3);
  const std::vector<std::vector<std::size_t>> orders{{0, 1}, {1, 0}, {1, 1}};
  std::vector<vision::Pending> pending;
  for (const auto& order : orders) {
    pending.push_back(inference.begin(2));
    fill(pending.back(), order);
    pending.back().submit();
  }
  for (const std::size_t i : {1u, 2u, 0u}) expect_right(pending[i].finish(), orders[i]);
}

TEST_F(Inference, PendingMayBeFinishedOnAnotherThread) {
  vision::Inference inference = make(1, 2);
  std::optional<vision::Pending> first = inference.begin(1);
  fill(*first, {1});
  first->submit();
  std::vector<float> logits;
  std::thread other([pending = std::move(*first), &logits]() mutable {
    const auto found = pending.finish();
    logits.assign(found.begin(), found.end());
  });
  first.reset();
  expect_right(answers(inference, {0}), {0});
  other.join();
  expect_right(logits, {1});
}

TEST_F(Inference, ADroppedPendingGivesItsSlotBack) {
  vision::Inference inference = make(1, 1);
  for (const bool submitted : {false, true, true}) {
    vision::Pending pending = inference.begin(1);
    fill(pending, {1});
    if (submitted) pending.submit();
  }
  expect_right(answers(inference, {0}), {0});
}

TEST_F(Inference, MoreThanItsSlotsOrItsBatchIsRefused) {
  vision::Inference inference = make(2, 1);
  EXPECT_THROW(inference.begin(0), ShapeError);
  EXPECT_THROW(inference.begin(3), ShapeError);
  const vision::Pending held = inference.begin(2);
  EXPECT_THROW(inference.begin(2), ShapeError);
  EXPECT_THROW(make(0, 1), ConfigError);
  EXPECT_THROW(make(1, 0), ConfigError);
}

TEST_F(Inference, KeepsOneProgramPerPowerOfTwo) {
  vision::Inference inference = make(6, 1);
  EXPECT_EQ(&inference.program(3), &inference.program(4));
  EXPECT_EQ(&inference.program(5), &inference.program(6));
  EXPECT_NE(&inference.program(1), &inference.program(2));
  EXPECT_NE(&inference.program(4), &inference.program(6));
}

TEST_F(Inference, AllocatesNothingOnceItsProgramsAreBuilt) {
  vision::Inference inference = make(4, 2);
  answers(inference, {0, 1, 0, 1});
  answers(inference, {0});
  const std::uint64_t before = device().memory_in_use_bytes();
  for (int i = 0; i < 20; ++i) {
    answers(inference, {0, 1, 0, 1});
    answers(inference, {1});
  }
  EXPECT_EQ(device().memory_in_use_bytes(), before);
}

TEST_F(Inference, GivesItsMemoryBack) {
  const std::uint64_t before = device().memory_in_use_bytes();
  {
    vision::Inference inference = make(2, 2);
    EXPECT_GE(inference.weight_bytes(), checkpoint_.summary().weight_bytes);
    EXPECT_GT(device().memory_in_use_bytes(), before);
  }
  EXPECT_EQ(device().memory_in_use_bytes(), before);
}

TEST_F(Inference, KnowsItsPicturesSize) {
  vision::Inference inference = make(1, 1);
  EXPECT_EQ(inference.usual_size().h, golden_.input_h);
  EXPECT_EQ(inference.usual_size().w, golden_.input_w);
  EXPECT_EQ(inference.answer_length(), 6);
  vision::Pending pending = inference.begin(1);
  EXPECT_EQ(pending.input(0).size(), pictures_[0].pixels.size());
}

TEST_F(Inference, TheDeviceTimeOfABatchIsPartOfTheTimeItTook) {
  vision::Inference inference = make(1, 1);
  vision::Pending pending = inference.begin(1);
  fill(pending, {0});
  const auto start = std::chrono::steady_clock::now();
  pending.submit();
  pending.finish();
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - start;
  EXPECT_LE(pending.device_ns(), static_cast<std::uint64_t>(took.count()));
}

}  // namespace
}  // namespace fovea::golden
