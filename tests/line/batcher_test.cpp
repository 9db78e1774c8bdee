// SPDX-License-Identifier: Apache-2.0
// Pictures of one size fly together, nobody waits for ever, and all come out in order.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/line/steps.hpp"
#include "tests/line/fakes.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
using testing::ElementsAre;
using testing::IsEmpty;

/// Sends pictures through a Batcher and writes down what comes out: "0 2" or "1!" for a failure.
class Feeder {
 public:
  explicit Feeder(int batch) : batcher_(batch) {}

  /// One picture a letter, its size; '!' is a failure.
  std::vector<std::string> feed(const std::string& sizes) {
    std::vector<std::string> out;
    for (const char size : sizes) {
      if (size == '!') {
        batcher_.add(Failure{});
      } else {
        Prepared picture;
        picture.size = {size, 1};
        batcher_.add(std::move(picture));
      }
      drain(out);
    }
    return out;
  }
  std::vector<std::string> end() {
    batcher_.end();
    return rest();
  }
  std::vector<std::string> cut() {
    batcher_.cut();
    return rest();
  }

 private:
  std::vector<std::string> rest() {
    std::vector<std::string> out;
    drain(out);
    return out;
  }
  void drain(std::vector<std::string>& out) {
    while (const auto gathered = batcher_.next()) {
      std::string batch;
      const auto append = [&](const std::string& item) {
        batch += (batch.empty() ? "" : " ") + item;
      };
      for (const auto& picture : gathered->pictures) {
        EXPECT_EQ(picture.value.size, gathered->size);
        append(std::to_string(picture.number));
      }
      for (const auto& failure : gathered->failures) append(std::to_string(failure.number) + "!");
      out.push_back(batch);
    }
  }
  Batcher batcher_;
};

TEST(Batcher, GathersEachSizeByItself) {
  Feeder feeder(2);
  EXPECT_THAT(feeder.feed("abab"), ElementsAre("0 2", "1 3"));
  EXPECT_THAT(feeder.end(), IsEmpty());
}

TEST(Batcher, AtTheEndEverySizeGoesOutTheOldestFirst) {
  Feeder feeder(3);
  EXPECT_THAT(feeder.feed("abcb"), IsEmpty());
  EXPECT_THAT(feeder.end(), ElementsAre("0", "1 3", "2"));
}

TEST(Batcher, APictureIsPassedByFourBatchesAndNoMore) {
  Feeder feeder(2);
  EXPECT_THAT(feeder.feed("abbbbbb"), ElementsAre("1 2", "3 4", "5 6"));
  EXPECT_THAT(feeder.feed("bb"), ElementsAre("7 8", "0")) << "eight have passed the first";
  EXPECT_THAT(feeder.feed("ab"), IsEmpty()) << "the next begins to wait anew";
}

TEST(Batcher, BatchesOfOneDoNotWait) {
  Feeder feeder(1);
  EXPECT_THAT(feeder.feed("aba"), ElementsAre("0", "1", "2"));
}

TEST(Batcher, FailuresGoWithTheNextBatchOrAtOnceWhereNoneWaits) {
  Feeder feeder(2);
  EXPECT_THAT(feeder.feed("!"), ElementsAre("0!"));
  EXPECT_THAT(feeder.feed("a!!b"), IsEmpty());
  EXPECT_THAT(feeder.feed("b"), ElementsAre("4 5 2! 3!"));
  EXPECT_THAT(feeder.feed("!"), IsEmpty()) << "picture 1 waits";
  EXPECT_THAT(feeder.end(), ElementsAre("1 6!"));
}

TEST(Batcher, AThousandFailuresSendAPictureOff) {
  Feeder feeder(2);
  EXPECT_THAT(feeder.feed("a" + std::string(999, '!')), IsEmpty());
  EXPECT_THAT(feeder.feed("!"), ElementsAre(testing::StartsWith("0 1! 2! ")));
}

TEST(Batcher, ACutRunEndsWithoutAGap) {
  Feeder feeder(2);
  EXPECT_THAT(feeder.feed("ab!bc!ab"), ElementsAre("1 3 2!", "0 6 5!"));
  EXPECT_THAT(feeder.cut(), ElementsAre("4")) << "7 was never begun, and nothing follows it";

  Feeder nothing_out(4);
  EXPECT_THAT(nothing_out.feed("abc!"), IsEmpty());
  EXPECT_THAT(nothing_out.cut(), IsEmpty());
}

TEST(Lander, PutsPicturesBackInOrder) {
  AddingModel model({.batch = 2, .sizes = 1}, {});
  Lander lander(model);
  const auto land = [&](std::vector<std::uint64_t> pictures, std::vector<std::uint64_t> failures) {
    Gathered gathered;
    InputPool pool;
    for (const std::uint64_t number : pictures) {
      Prepared prepared;
      prepared.size = {1, 1};
      prepared.input = pool.take(model.input_bytes({1, 1}));
      std::ranges::fill(prepared.input.bytes(), std::uint8_t{0});
      prepared.frame.tag.index = number;
      gathered.pictures.push_back({number, std::move(prepared)});
    }
    gathered.size = {1, 1};
    for (const std::uint64_t number : failures) {
      Failure failure;
      failure.tag.index = number;
      gathered.failures.push_back({number, failure});
    }
    std::vector<std::uint64_t> out;
    for (const auto& outcome : lander.land(launch(model, std::move(gathered)))) {
      std::visit([&](const auto& item) { out.push_back(item.tag.index); }, outcome);
    }
    return out;
  };
  EXPECT_THAT(land({1, 3}, {2}), IsEmpty());
  EXPECT_THAT(land({}, {5}), IsEmpty());
  EXPECT_THAT(land({0}, {}), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(land({4, 6}, {}), ElementsAre(4, 5, 6));
}

}  // namespace
}  // namespace fovea::pipeline
