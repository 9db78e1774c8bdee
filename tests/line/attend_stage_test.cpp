// SPDX-License-Identifier: Apache-2.0
// From the rows of a model whose attention is known to maps; and in a chain, where what fails keeps
// its place.
#include "pipeline/line/attend_stage.hpp"

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "tests/line/fakes.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
using testing::ElementsAre;
using testing::HasSubstr;

/// [heads, queries, 1 + 2]: weight h.q patch p is 100 h + 10 q + p; the token in front has 9.
AttentionRows rows_of(int heads, int queries) {
  AttentionRows rows;
  rows.area = {1, 2, 30, 40};
  rows.maps.heads = heads;
  rows.maps.queries = queries;
  rows.maps.others = 1;
  rows.maps.grid = {1, 2};
  for (int h = 0; h < heads; ++h) {
    for (int q = 0; q < queries; ++q) {
      for (const int value : {9, 100 * h + 10 * q, 100 * h + 10 * q + 1}) {
        rows.maps.weights.push_back(static_cast<float>(value));
      }
    }
  }
  return rows;
}

TEST(AttendStage, KeepsThePatchesOfEveryHead) {
  AttendConfig config;
  config.head = "all";
  config.layer = 3;
  Frame frame;
  frame.attention_rows = rows_of(2, 1);
  const auto out = AttendStage(config).process(std::move(frame));
  ASSERT_TRUE(out && out->attention);
  EXPECT_FALSE(out->attention_rows) << "they are not carried on";
  EXPECT_EQ(out->attention->what, "layer 3, all heads");
  EXPECT_EQ(out->attention->area, cv::Rect2d(1, 2, 30, 40));
  ASSERT_EQ(out->attention->maps.size(), 1u);
  const AttentionMap& map = out->attention->maps[0];
  EXPECT_EQ(map.heads, 2);
  EXPECT_EQ(map.grid, (vision::PatchGrid{1, 2}));
  EXPECT_THAT(map.values, ElementsAre(0, 1, 100, 101));
  EXPECT_FALSE(map.token);
}

TEST(AttendStage, AMapForEachObjectThatTheModelSaid) {
  AttendConfig config;
  config.per_object = true;
  Frame frame;
  frame.attention_rows = rows_of(1, 4);
  frame.objects.resize(3);
  frame.objects[0].token = 2;
  frame.objects[1].token = -1;  // a tracker's guess
  frame.objects[2].token = 0;
  const auto out = AttendStage(config).process(std::move(frame));
  ASSERT_EQ(out->attention->maps.size(), 2u);
  EXPECT_EQ(out->attention->maps[0].token, 2);
  EXPECT_THAT(out->attention->maps[0].values, ElementsAre(20, 21));
  EXPECT_EQ(out->attention->maps[1].token, 0);
  EXPECT_THAT(out->attention->maps[1].values, ElementsAre(0, 1));
}

TEST(AttendStage, AFrameThatTheModelPassedByGetsNone) {
  const auto out = AttendStage({}).process(Frame());
  ASSERT_TRUE(out);
  EXPECT_FALSE(out->attention);
}

TEST(AttendStage, HowMapsAreComeByIsSaid) {
  EXPECT_EQ(attention_text({}), "last layer, mean of heads");
  EXPECT_EQ(attention_text({.layer = 0, .head = "max"}), "layer 0, max of heads");
  EXPECT_EQ(attention_text({.head = "2"}), "last layer, head 2");
  EXPECT_EQ(attention_text({.method = vision::AttentionMethod::rollout}), "rollout");
  EXPECT_EQ(request_of({.head = "2"}).head, 2);
  EXPECT_EQ(request_of({.query = Point{1, 2}}).query, vision::AttentionQuery::patch);
  EXPECT_EQ(request_of({.per_object = true}).query, vision::AttentionQuery::detections);
}

/// Gives rows with its answers: patch 0 has the answer, patch 1 the picture's number.
class AttendedModel : public AddingModel {
 public:
  using AddingModel::AddingModel;
  std::vector<Data> gives() const override { return {Data::labels, Data::attention_rows}; }
  void annotate(Frame& frame, std::span<const float> row) const override {
    AddingModel::annotate(frame, row);
    frame.attention_rows = rows_of(1, 1);
    frame.attention_rows->maps.weights = {0, row[0], static_cast<float>(frame.width_px)};
  }
};

class MapRecorder : public Recorder {
 public:
  void write(const Outcome<Frame>& outcome) override {
    Recorder::write(outcome);
    const auto* frame = std::get_if<Frame>(&outcome);
    maps.push_back(frame == nullptr ? std::vector<float>{} : frame->attention->maps[0].values);
  }
  std::vector<std::vector<float>> maps;
};

std::unique_ptr<Stage> attend() { return std::make_unique<AttendStage>(AttendConfig{}); }

TEST(AttendStage, MapsTravelWithTheirPicturesAndFailuresKeepTheirPlace) {
  constexpr std::uint64_t kPictures = 60;
  const Faults faults{.missing = {3}, .undecodable = {0, 17, 18}, .unpreparable = {5, 40, 59}};
  const fakes::ModelOptions options{.batch = 4, .max_delay_us = 200, .sizes = 3};
  std::vector<std::string> expected;
  for (const bool threaded : {false, true}) {
    std::vector<std::unique_ptr<Stage>> later;
    later.push_back(attend());
    const Chain chain =
        chain_of(fake_decode(faults, threaded ? 200 : 0),
                 std::make_unique<AttendedModel>(options, faults), std::move(later));
    CountingSource source(kPictures, faults);
    MapRecorder recorder;
    const std::vector<Sink*> sinks{&recorder};
    LineOptions line;
    line.decode_threads = 3;
    (threaded ? run_threaded : run_sequential)(source, chain, sinks, line);
    ASSERT_EQ(recorder.lines.size(), kPictures);
    for (std::size_t i = 0; i < kPictures; ++i) {
      if (recorder.maps[i].empty()) {
        EXPECT_THAT(recorder.lines[i], HasSubstr("failed in"));
        continue;
      }
      EXPECT_EQ(recorder.maps[i][1], static_cast<float>(i)) << "another picture's map";
    }
    if (!threaded) expected = recorder.lines;
    EXPECT_EQ(recorder.lines, expected);
  }
}

TEST(AttendStage, AModelThatGivesNoRowsIsRefused) {
  std::vector<std::unique_ptr<Stage>> later;
  later.push_back(attend());
  try {
    chain_of(fake_decode({}), std::make_unique<AddingModel>(fakes::ModelOptions{}, Faults{}),
             std::move(later));
    FAIL() << "the chain was taken";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "'attend' needs attention rows, which nothing before it gives\n"
                 "  where: stages[1]\n"
                 "  fix:   put a stage that gives it in front");
  }
}

}  // namespace
}  // namespace fovea::pipeline
