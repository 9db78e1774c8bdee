// SPDX-License-Identifier: Apache-2.0
// Pictures of several sizes through one Inference: each against the slow twin, programs kept and
// dropped, memory given back.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/golden/models/golden_model.hpp"
#include "tests/golden/models/tolerances.hpp"
#include "tests/support/device_fixture.hpp"
#include "vision/inference.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::golden {
namespace {

using compute::ops::Precision;
using vision::InputSize;

/// Noise of one size, as pixels and as what the processor makes of them.
struct Picture {
  Picture(const vision::Preprocessor& preprocessor, InputSize of, unsigned seed)
      : size(of), pixels(static_cast<std::size_t>(3 * of.h * of.w)), tensor(pixels.size()) {
    std::mt19937 random(seed);
    for (std::uint8_t& byte : pixels) byte = static_cast<std::uint8_t>(random() >> 24);
    preprocessor.normalise(pixels, tensor);
  }
  InputSize size;
  std::vector<std::uint8_t> pixels;
  std::vector<float> tensor;
};

class Shapes : public test::DeviceTest {
 protected:
  Picture picture(InputSize size, unsigned seed) const { return {preprocessor_, size, seed}; }

  static vision::Pending submit(vision::Inference& inference,
                                const std::vector<const Picture*>& pictures) {
    vision::Pending pending =
        inference.begin(pictures.front()->size, static_cast<int>(pictures.size()));
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      std::ranges::copy(pictures[i]->pixels, pending.input(static_cast<int>(i)).begin());
    }
    pending.submit();
    return pending;
  }

  void expect_right(vision::Pending& pending, const std::vector<const Picture*>& pictures) const {
    const auto answers = pending.finish();
    const std::size_t length = answers.size() / pictures.size();
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      const Picture& seen = *pictures[i];
      const std::vector<float> right = run_reference(checkpoint_, seen.size.h, seen.size.w,
                                                     seen.tensor, reference::WeightStorage::exact)
                                           .at("logits");
      ASSERT_EQ(length, right.size());
      const auto [least, most] = std::minmax_element(right.begin(), right.end());
      for (std::size_t k = 0; k < length; ++k) {
        ASSERT_NEAR(answers[i * length + k], right[k], kFp32Tolerance * (*most - *least))
            << seen.size.h << "x" << seen.size.w << ", place " << i << ", value " << k;
      }
    }
  }

  void run(vision::Inference& inference, const std::vector<const Picture*>& pictures) const {
    vision::Pending pending = submit(inference, pictures);
    expect_right(pending, pictures);
  }

  vision::Checkpoint checkpoint_ =
      vision::Checkpoint::open(load_golden("yolos-mid-positions").folder);
  vision::Preprocessor preprocessor_{checkpoint_.preprocess()};
};

TEST_F(Shapes, EachIsRightWhateverRanBefore) {
  vision::Inference inference(device(), checkpoint_, {.max_batch = 2});
  const Picture wide = picture({16, 64}, 1), tall = picture({64, 32}, 2),
                own = picture({48, 32}, 3), other = picture({64, 32}, 4);
  run(inference, {&wide});
  run(inference, {&tall, &other});
  run(inference, {&own});
  run(inference, {&other, &tall});
  run(inference, {&wide});
}

TEST_F(Shapes, TwoInTheAirAtOnceKeepApart) {
  vision::Inference inference(device(), checkpoint_, {.max_batch = 2, .slots = 2});
  const Picture wide = picture({16, 64}, 1), tall = picture({64, 32}, 2);
  vision::Pending first = submit(inference, {&wide, &wide});
  vision::Pending second = submit(inference, {&tall});
  vision::Pending third = submit(inference, {&wide, &wide});
  expect_right(third, {&wide, &wide});
  expect_right(second, {&tall});
  expect_right(first, {&wide, &wide});
}

TEST_F(Shapes, KeepsNoMoreProgramsThanAllowed) {
  vision::Inference inference(device(), checkpoint_, {.other_programs = 2});
  EXPECT_EQ(inference.programs(), 1u);  // of the usual size
  for (int w = 16; w <= 96; w += 16) {
    const Picture next = picture({16, w}, 1);
    run(inference, {&next});
    EXPECT_LE(inference.programs(), 3u);
  }
  EXPECT_EQ(inference.programs(), 3u);
  const std::uint64_t now = device().memory_in_use_bytes();
  for (int round = 0; round < 3; ++round) {
    for (int w = 96; w >= 16; w -= 16) {
      const Picture next = picture({16, w}, 1);
      run(inference, {&next});
    }
  }
  // The same three sizes as in the end before, give or take what differs in their lengths.
  EXPECT_LE(device().memory_in_use_bytes(), now + (1u << 20));
}

TEST_F(Shapes, TheOneLongestNotUsedIsDropped) {
  vision::Inference inference(device(), checkpoint_, {.other_programs = 2});
  const Picture a = picture({16, 16}, 1), b = picture({64, 64}, 1), c = picture({96, 160}, 1),
                d = picture({32, 96}, 1);
  run(inference, {&a});
  run(inference, {&b});
  run(inference, {&a});
  run(inference, {&c});  // the usual size goes
  run(inference, {&d});  // b goes
  const std::uint64_t now = device().memory_in_use_bytes();
  run(inference, {&a});
  run(inference, {&c});
  run(inference, {&d});
  EXPECT_EQ(device().memory_in_use_bytes(), now) << "a, c and d are kept";
  run(inference, {&b});
  EXPECT_NE(device().memory_in_use_bytes(), now) << "b is built anew";
}

TEST_F(Shapes, WhatIsInFlightIsNeverDropped) {
  vision::Inference inference(device(), checkpoint_, {.slots = 1, .other_programs = 0});
  std::vector<Picture> pictures;
  for (int w = 16; w <= 80; w += 16) pictures.push_back(picture({32, w}, 1));
  std::vector<vision::Pending> pending;
  for (const Picture& each : pictures) pending.push_back(submit(inference, {&each}));
  EXPECT_GE(inference.programs(), pictures.size());
  for (std::size_t i = 0; i < pictures.size(); ++i) expect_right(pending[i], {&pictures[i]});
  pending.clear();
  const Picture next = picture({48, 48}, 1);
  run(inference, {&next});
  EXPECT_EQ(inference.programs(), 1u) << "once they have landed, they may go";
}

}  // namespace
}  // namespace fovea::golden
