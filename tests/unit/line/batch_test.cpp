// SPDX-License-Identifier: Apache-2.0
// Which batch sizes are tried and taken, against made-up devices; what is kept of it in a file.
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/line/batch_memory.hpp"
#include "pipeline/line/batch_search.hpp"
#include "tests/unit/line/temp_tree.hpp"

namespace fovea::pipeline {
namespace {

using testing::ElementsAre;

/// A device by what each size gives; sizes it has no figure for do not fit.
struct MadeUp {
  std::vector<std::pair<int, BatchTrial>> figures;
  std::vector<int> tried = {};

  BatchChoice search(const BatchLimits& limits = {}) {
    return search_batch(
        [this](int batch) -> std::optional<BatchTrial> {
          tried.push_back(batch);
          for (const auto& [size, trial] : figures) {
            if (size == batch) return trial;
          }
          return std::nullopt;
        },
        limits);
  }
};

TEST(BatchSearch, StopsWhereThroughputStopsGrowing) {
  MadeUp device{{{1, {100, 10}}, {2, {150, 20}}, {4, {180, 40}}, {8, {184, 80}}, {16, {999, 160}}}};
  const BatchChoice choice = device.search();
  EXPECT_EQ(choice.batch, 4);  // 184 is less than 3 % above 180
  EXPECT_EQ(choice.images_per_s, 180);
  EXPECT_EQ(choice.why, "batch 8 is no faster");
  EXPECT_THAT(device.tried, ElementsAre(1, 2, 4, 8));
}

TEST(BatchSearch, TakesAGainJustLargeEnough) {
  MadeUp device{{{1, {100, 10}}, {2, {103, 20}}, {4, {106, 40}}}};
  EXPECT_EQ(device.search().batch, 2);
}

TEST(BatchSearch, KeepsOneWhereBatchesAreSlower) {
  MadeUp device{{{1, {100, 10}}, {2, {60, 20}}, {4, {900, 40}}}};
  EXPECT_EQ(device.search().batch, 1);
  EXPECT_THAT(device.tried, ElementsAre(1, 2));
}

TEST(BatchSearch, StopsAtTheLastSizeThatTheDeviceHolds) {
  MadeUp device{{{1, {100, 10}}, {2, {200, 20}}, {4, {400, 40}}}};
  const BatchChoice choice = device.search();
  EXPECT_EQ(choice.batch, 4);
  EXPECT_EQ(choice.why, "the device cannot hold batch 8");
}

TEST(BatchSearch, StopsBeforeTheNextSizeWouldPassTheBudget) {
  // Weights of 1,000 and 100 a picture: 8 would bring 1,700 to 2,500.
  MadeUp device{{{1, {1, 1100}}, {2, {2, 1300}}, {4, {4, 1700}}, {8, {8, 2500}}}};
  BatchLimits limits;
  limits.memory_bytes = 2499;
  const BatchChoice choice = device.search(limits);
  EXPECT_EQ(choice.batch, 4);
  EXPECT_EQ(choice.why, "batch 8 would take more memory than is allowed");
  EXPECT_THAT(device.tried, ElementsAre(1, 2, 4));

  device.tried.clear();
  limits.memory_bytes = 2500;
  EXPECT_EQ(device.search(limits).batch, 8);
  EXPECT_THAT(device.tried, ElementsAre(1, 2, 4, 8));
}

TEST(BatchSearch, RefusesASizeThatTookMoreThanTheBudgetAfterAll) {
  MadeUp device{{{1, {1, 1100}}, {2, {2, 9000}}}};
  BatchLimits limits;
  limits.memory_bytes = 5000;
  const BatchChoice choice = device.search(limits);
  EXPECT_EQ(choice.batch, 1);
  EXPECT_EQ(choice.why, "batch 2 takes more memory than is allowed");
}

TEST(BatchSearch, EndsAtTheLargestSizeAllowed) {
  BatchLimits limits;
  limits.most = 6;
  MadeUp device{{{1, {1, 1}}, {2, {2, 2}}, {4, {4, 3}}, {8, {8, 4}}}};
  const BatchChoice choice = device.search(limits);
  EXPECT_EQ(choice.batch, 4);
  EXPECT_EQ(choice.why, "6 is the largest batch");
}

TEST(BatchSearch, PassesAnErrorOn) {
  const auto broken = [](int) -> std::optional<BatchTrial> { throw std::runtime_error("lost"); };
  EXPECT_THROW(search_batch(broken, {}), std::runtime_error);
}

class BatchMemoryTest : public testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(file_, std::ios::binary) << text; }

  TempTree tree_;
  std::filesystem::path file_ = tree_.root() / "cache" / "batch-sizes.json";
  BatchMemory memory_{file_};
};

TEST_F(BatchMemoryTest, RecallsWhatItRemembered) {
  EXPECT_FALSE(memory_.recall("a"));
  EXPECT_TRUE(memory_.remember("a", {8, 12.5, "batch 16 is no faster"}));
  EXPECT_TRUE(memory_.remember("b", {32, 1.0, "so"}));
  EXPECT_TRUE(memory_.remember("b", {64, 2.0, "anew"}));
  const auto a = memory_.recall("a"), b = memory_.recall("b");
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->batch, 8);
  EXPECT_EQ(a->images_per_s, 12.5);
  EXPECT_EQ(a->why, "batch 16 is no faster");
  EXPECT_EQ(b->batch, 64);
  EXPECT_FALSE(memory_.recall("c"));
}

TEST_F(BatchMemoryTest, ADamagedFileCountsAsEmptyAndIsReplaced) {
  ASSERT_TRUE(memory_.remember("a", {8, 1, "so"}));
  for (const char* text :
       {"", "{", "[]", "null",
        R"({"format":2,"answers":{"a":{"batch":8,"images_per_s":1,"why":""}}})",
        R"({"format":1,"answers":[1]})", R"({"format":1,"answers":{"a":8}})",
        R"({"format":1,"answers":{"a":{}}})",
        R"({"format":1,"answers":{"a":{"batch":0,"images_per_s":1,"why":""}}})",
        R"({"format":1,"answers":{"a":{"batch":1025,"images_per_s":1,"why":""}}})",
        R"({"format":1,"answers":{"a":{"batch":8.5,"images_per_s":1,"why":""}}})",
        R"({"format":1,"answers":{"a":{"batch":8,"images_per_s":"1","why":""}}})"}) {
    write(text);
    EXPECT_FALSE(memory_.recall("a")) << text;
    EXPECT_TRUE(memory_.remember("b", {4, 1, "so"})) << text;
    EXPECT_TRUE(memory_.recall("b")) << text;
  }
}

TEST_F(BatchMemoryTest, ForgetsTheOldestAnswers) {
  for (int i = 0; i < 201; ++i) ASSERT_TRUE(memory_.remember(std::to_string(i), {2, 1, "so"}));
  EXPECT_FALSE(memory_.recall("0"));
  EXPECT_TRUE(memory_.recall("1"));
  EXPECT_TRUE(memory_.recall("200"));
}

TEST_F(BatchMemoryTest, AFileThatCannotBeWrittenIsSaidSo) {
  tree_.file("cache", "a file where the folder should be");
  EXPECT_FALSE(memory_.remember("a", {8, 1, "so"}));
  EXPECT_FALSE(memory_.recall("a"));
  EXPECT_FALSE(BatchMemory({}).remember("a", {8, 1, "so"}));
}

}  // namespace
}  // namespace fovea::pipeline
