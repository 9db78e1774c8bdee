// SPDX-License-Identifier: Apache-2.0
// Patches removed from a model whose answer is known: it says class 1 as long as any of four
// patches keeps its colour, and its attention names those four.
#include "pipeline/eval/deletion.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>

#include "pipeline/line/steps.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kPatch = 2, kRows = 4, kColumns = 5;  // and a remainder of one pixel right and below
constexpr int kHigh = kRows * kPatch + 1, kWide = kColumns * kPatch + 1;
constexpr std::size_t kPatches = kRows * kColumns;
const std::set<std::size_t> kThatCount{3, 7, 12, 19};
constexpr std::array<std::uint8_t, 3> kGone{100, 110, 120};

/// Rows are [logit 0, logit 1, attention of each patch].
class FourPatches : public ModelStage {
 public:
  explicit FourPatches(int batch) : batch_(batch) {}
  std::string_view name() const override { return "classify"; }
  std::vector<Data> needs() const override { return {Data::image}; }
  std::vector<Data> gives() const override { return {Data::labels}; }
  int batch() const override { return batch_; }
  int slots() const override { return 2; }
  std::size_t input_bytes(InputSize size) const override {
    return static_cast<std::size_t>(3 * size.h * size.w);
  }
  InputSize input_size(const Frame&) const override { return {kHigh, kWide}; }
  void prepare(const Frame&, std::span<std::uint8_t> input) const override {
    std::ranges::fill(input, std::uint8_t{7});
  }
  std::unique_ptr<Flight> begin(InputSize, int n) override {
    EXPECT_LE(n, batch_);
    EXPECT_EQ(in_air, 0) << "one flight of the model at a time";
    ++in_air;
    flown += n;
    return std::make_unique<Look>(*this, n);
  }
  void annotate(Frame&, std::span<const float>) const override {}

  int in_air = 0, flown = 0;

 private:
  class Look : public Flight {
   public:
    Look(FourPatches& model, int n) : model_(model), inputs_(static_cast<std::size_t>(n)) {
      for (auto& input : inputs_) input.resize(3 * kHigh * kWide);
    }
    ~Look() override { --model_.in_air; }
    std::span<std::uint8_t> input(int i) override { return inputs_[static_cast<std::size_t>(i)]; }
    void submit() override {}
    std::span<const float> finish() override {
      for (const auto& input : inputs_) {
        std::size_t seen = 0, painted = 0;
        for (std::size_t i = 0; i < input.size(); i += 3) {
          const bool gone = std::equal(kGone.begin(), kGone.end(), &input[i]);
          EXPECT_TRUE(gone || input[i] == 7);
          painted += gone ? 1 : 0;
        }
        EXPECT_EQ(painted % (kPatch * kPatch), 0u) << "patches are painted whole";
        for (const std::size_t patch : kThatCount) {
          const std::size_t y = patch / kColumns * kPatch, x = patch % kColumns * kPatch;
          seen += input[3 * (y * kWide + x)] == 7 ? 1 : 0;
        }
        rows_.insert(rows_.end(), {0.5f, static_cast<float>(seen)});
        for (std::size_t patch = 0; patch < kPatches; ++patch) {
          rows_.push_back(kThatCount.contains(patch) ? 0.2f : 0.01f);
        }
      }
      return rows_;
    }

   private:
    FourPatches& model_;
    std::vector<std::vector<std::uint8_t>> inputs_;
    std::vector<float> rows_;
  };
  int batch_;
};

std::vector<float> attention_of(std::span<const std::uint8_t>, InputSize,
                                std::span<const float> row) {
  const auto weights = row.last(kPatches);
  return {weights.begin(), weights.end()};
}

std::vector<DeletedAnswers> answers_to(int pictures, int batch, std::uint64_t seed = 1) {
  std::vector<DeletedAnswers> all;
  auto model = std::make_unique<FourPatches>(batch);
  const FourPatches& looked = *model;
  DeletionStage stage(
      std::move(model),
      {.patch_h = kPatch, .patch_w = kPatch, .colour = kGone, .classes = 2, .seed = seed},
      attention_of, [&](const Frame&, const DeletedAnswers& answers) { all.push_back(answers); });
  InputPool pool;
  Batcher batcher(stage.batch());
  Lander lander(stage);
  for (int i = 0; i < pictures; ++i) {
    batcher.add(prepare_step(stage, Frame(), pool, false));
    while (auto gathered = batcher.next()) lander.land(launch(stage, std::move(*gathered)));
  }
  EXPECT_EQ(looked.flown, 21 * pictures);
  return all;
}

TEST(Deletion, MostAttendedFirstLosesTheAnswerAsSoonAsTheFourAreGone) {
  for (const int batch : {1, 3, 8, 64}) {
    const auto all = answers_to(3, batch);
    ASSERT_EQ(all.size(), 3u);
    for (const DeletedAnswers& answers : all) {
      // 20 patches, two a step: after two steps nothing that counts is left.
      EXPECT_THAT(answers.attended, ElementsAre(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
      EXPECT_EQ(answers.random[0], 1u);
      EXPECT_EQ(answers.random[10], 0u) << "all are gone";
      EXPECT_TRUE(std::ranges::is_sorted(answers.random, std::ranges::greater{}));
    }
  }
}

TEST(Deletion, RandomOrdersFollowFromTheSeedAndDifferFromPictureToPicture) {
  EXPECT_EQ(random_order(20, 5), random_order(20, 5));
  EXPECT_NE(random_order(20, 5), random_order(20, 6));
  // The engine is the same everywhere, so this is: a change would change published curves.
  std::vector<std::size_t> sorted = random_order(20, 5);
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(sorted[i], i);
  std::set<std::array<std::size_t, kDeletionSteps>> kinds;
  for (const DeletedAnswers& answers : answers_to(30, 8)) kinds.insert(answers.random);
  EXPECT_GT(kinds.size(), 1u);
  EXPECT_EQ(largest_first(std::vector<float>{1, 3, 3, 2}), (std::vector<std::size_t>{1, 2, 3, 0}));
}

TEST(Deletion, StepsRemoveTheirShareToTheNearest) {
  EXPECT_EQ(removed_at(0, 64), 0u);
  EXPECT_EQ(removed_at(1, 64), 6u);
  EXPECT_EQ(removed_at(5, 64), 32u);
  EXPECT_EQ(removed_at(10, 64), 64u);
  EXPECT_EQ(removed_at(1, 3), 0u);
  EXPECT_EQ(removed_at(2, 3), 1u);
}

DeletionReport report_of(std::array<std::uint64_t, kDeletionSteps> attended,
                         std::array<std::uint64_t, kDeletionSteps> random) {
  DeletionReport report;
  report.dataset = "four <patches>";
  report.attention = "last layer, mean of heads";
  report.attended = {attended, 10};
  report.random = {random, 10};
  report.run.identity.model = "tiny";
  return report;
}

TEST(Deletion, AreasAreThoseOfTrapezoids) {
  const DeletionReport report =
      report_of({10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
  EXPECT_DOUBLE_EQ(report.attended.area(), 0.05);
  EXPECT_DOUBLE_EQ(report.random.area(), 0.5);
  EXPECT_EQ(verdict(report),
            "removing the most attended patches first made accuracy fall faster than removing "
            "patches at random (area 0.050 against 0.500)");
  EXPECT_THAT(verdict(report_of(report.random.right, report.attended.right)),
              HasSubstr("this attention does not show what the model rests on"));
  EXPECT_THAT(verdict(report_of(report.random.right, report.random.right)),
              HasSubstr("neither order"));
  EXPECT_EQ(verdict(DeletionReport()), "no picture was classified");
}

TEST(Deletion, EveryFormSaysTheSame) {
  const DeletionReport report =
      report_of({10, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
  const std::string text = to_text(report);
  EXPECT_THAT(text, HasSubstr("four <patches>: 10 pictures"));
  EXPECT_THAT(text, HasSubstr("        10 %                50.0 %      90.0 %"));
  EXPECT_THAT(text, HasSubstr(verdict(report)));
  const Json json = Json::parse(to_json(report));
  EXPECT_EQ(json.at("removed").size(), kDeletionSteps);
  EXPECT_EQ(json.at("attended").at("accuracy").at(1), 0.5);
  EXPECT_EQ(json.at("random").at("area"), 0.5);
  const std::string csv = deletion_csv(report);
  EXPECT_THAT(csv, testing::StartsWith("removed,attended,random\r\n0.0,1.000000,1.000000\r\n0.1,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 12);
  const std::string svg = deletion_svg(report);
  EXPECT_THAT(svg, HasSubstr("four &lt;patches&gt;: accuracy without patches"));
  EXPECT_THAT(svg, HasSubstr("most attended first"));
  // Accuracy 0.5 at a tenth: 48 of 480 pixels to the right, half way up.
  EXPECT_THAT(svg, HasSubstr("M64.0,96.0 L112.0,276.0 L160.0,456.0"));
  EXPECT_THAT(deletion_svg(DeletionReport()), testing::EndsWith("</svg>\n"));
}

}  // namespace
}  // namespace fovea::pipeline
