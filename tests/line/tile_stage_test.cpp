// SPDX-License-Identifier: Apache-2.0
// A scene whose things are known, looked at in tiles by a detector that is short-sighted: each
// thing is found once, wherever the seams lie.
#include "pipeline/line/tile_stage.hpp"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <opencv2/imgproc.hpp>

#include "pipeline/line/steps.hpp"
#include "tests/line/fakes.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

constexpr int kLongSide = 100;  // of the model's input
constexpr int kLeast = 6;       // pixels of the input that a thing must have
constexpr std::size_t kRows = 32;

/// Takes pictures of 100 pixels on the longer side, and finds what is bright in one colour: class 0
/// is red, 1 green, 2 blue.
class ShortSighted : public ModelStage {
 public:
  ShortSighted(int batch, int slots) : batch_(batch), slots_(slots) {}

  std::string_view name() const override { return "detect"; }
  std::vector<Data> needs() const override { return {Data::image}; }
  std::vector<Data> gives() const override { return {Data::objects}; }
  int batch() const override { return batch_; }
  int slots() const override { return slots_; }
  std::size_t input_bytes(InputSize size) const override {
    return static_cast<std::size_t>(size.h) * static_cast<std::size_t>(size.w) * 3;
  }
  InputSize input_size(const Frame& frame) const override {
    const int w = frame.image.width_px(), h = frame.image.height_px(), longer = std::max(w, h);
    return {std::max(1, h * kLongSide / longer), std::max(1, w * kLongSide / longer)};
  }
  void prepare(const Frame& frame, std::span<std::uint8_t> input) const override {
    const InputSize size = input_size(frame);
    ASSERT_EQ(input.size(), input_bytes(size));
    cv::Mat small(size.h, size.w, CV_8UC3, input.data());
    cv::resize(frame.image.rgb, small, small.size(), 0, 0, cv::INTER_AREA);
  }
  std::unique_ptr<Flight> begin(InputSize size, int n) override {
    EXPECT_LE(n, batch_);
    EXPECT_LE(++in_air, slots_);
    flown += n;
    return std::make_unique<Look>(*this, size, n);
  }
  void annotate(Frame& frame, std::span<const float> row) const override {
    for (std::size_t i = 0; i < kRows && row[i * 6 + 5] > 0; ++i) {
      const auto w = static_cast<float>(frame.width_px), h = static_cast<float>(frame.height_px);
      const auto at = row.subspan(i * 6, 6);
      vision::Object object;
      object.box = {at[0] * w, at[1] * h, at[2] * w, at[3] * h};
      object.id = static_cast<int>(at[4]);
      object.score = at[5];
      frame.objects.push_back(object);
    }
  }

  std::atomic<int> in_air{0}, flown{0};

 private:
  class Look : public Flight {
   public:
    Look(ShortSighted& model, InputSize size, int n)
        : model_(model), size_(size), inputs_(static_cast<std::size_t>(n)) {
      for (auto& input : inputs_) input.resize(model.input_bytes(size));
    }
    ~Look() override { --model_.in_air; }
    std::span<std::uint8_t> input(int i) override {
      return inputs_.at(static_cast<std::size_t>(i));
    }
    void submit() override {}
    std::span<const float> finish() override {
      for (auto& input : inputs_) look(cv::Mat(size_.h, size_.w, CV_8UC3, input.data()));
      return rows_;
    }

   private:
    void look(const cv::Mat& rgb) {
      const std::size_t begin = rows_.size();
      std::vector<cv::Mat> channels;
      cv::split(rgb, channels);
      for (int id = 0; id < 3; ++id) {
        const cv::Mat bright = channels[static_cast<std::size_t>(id)] > 128;
        cv::Mat marks, stats, centres;
        const int n = cv::connectedComponentsWithStats(bright, marks, stats, centres, 4);
        for (int k = 1; k < n; ++k) {
          const int* one = stats.ptr<int>(k);
          if (one[cv::CC_STAT_WIDTH] < kLeast || one[cv::CC_STAT_HEIGHT] < kLeast) continue;
          const float x = share(one[cv::CC_STAT_LEFT], size_.w);
          const float y = share(one[cv::CC_STAT_TOP], size_.h);
          rows_.insert(rows_.end(),
                       {x, y, x + share(one[cv::CC_STAT_WIDTH], size_.w),
                        y + share(one[cv::CC_STAT_HEIGHT], size_.h), static_cast<float>(id), 0.9f});
        }
      }
      ASSERT_LE(rows_.size(), begin + kRows * 6);
      rows_.resize(begin + kRows * 6);
    }
    static float share(int pixels, int of) {
      return static_cast<float>(pixels) / static_cast<float>(of);
    }

    ShortSighted& model_;
    InputSize size_;
    std::vector<std::vector<std::uint8_t>> inputs_;
    std::vector<float> rows_;
  };

  int batch_, slots_;
};

Frame scene(cv::Size size, const std::vector<std::pair<cv::Rect, int>>& things) {
  Frame frame;
  frame.width_px = size.width;
  frame.height_px = size.height;
  frame.image.rgb = cv::Mat(size, CV_8UC3, cv::Scalar::all(20));
  for (const auto& [place, id] : things) {
    cv::Scalar colour = cv::Scalar::all(20);
    colour[id] = 250;
    frame.image.rgb(place).setTo(colour);
  }
  return frame;
}

/// What the stage finds, as the line would have it done.
std::vector<vision::Object> found_by(ModelStage& stage, Frame frame) {
  InputPool pool;
  Gathered gathered;
  Outcome<Prepared> prepared = prepare_step(stage, std::move(frame), pool, false);
  if (const auto* failure = std::get_if<Failure>(&prepared)) {
    ADD_FAILURE() << failure->reason;
    return {};
  }
  gathered.size = std::get<Prepared>(prepared).size;
  gathered.pictures.push_back({0, std::move(std::get<Prepared>(prepared))});
  auto landed = Lander(stage).land(launch(stage, std::move(gathered)));
  return std::get<Frame>(landed.at(0)).objects;
}

/// "1 at 340,400 40x40", sorted; rounded to the ten pixels that the model's input blurs.
std::vector<std::string> described(const std::vector<vision::Object>& objects) {
  std::vector<std::string> all;
  const auto tens = [](float value) { return std::lround(value / 10) * 10; };
  for (const vision::Object& object : objects) {
    all.push_back(fmt::format("{} at {},{} {}x{}", object.id, tens(object.box.x1),
                              tens(object.box.y1), tens(object.box.width()),
                              tens(object.box.height())));
  }
  std::ranges::sort(all);
  return all;
}

// Parts of 250 with 100 in common begin at 0, 150, 300 ... of 1000 x 850.
const std::vector<std::pair<cv::Rect, int>> kThings{
    {{10, 10, 40, 40}, 0},      // in a corner
    {{230, 60, 40, 40}, 0},     // cut by the first part's right side
    {{130, 130, 40, 40}, 1},    // cut by four parts
    {{380, 230, 40, 40}, 1},    // on two seams
    {{440, 230, 40, 40}, 1},    // its neighbour, as near as that
    {{960, 810, 40, 40}, 0},    // in the last corner
    {{600, 300, 40, 40}, 0},    // another class, inside the large one
    {{450, 300, 500, 450}, 2},  // larger than any part
};
const std::vector<std::string> kAll{
    "0 at 10,10 40x40",   "0 at 230,60 40x40",  "0 at 600,300 40x40", "0 at 960,810 40x40",
    "1 at 130,130 40x40", "1 at 380,230 40x40", "1 at 440,230 40x40", "2 at 450,300 500x450"};

Frame known_scene() {
  Frame frame = scene({1000, 850}, kThings);
  frame.image.rgb(cv::Rect(600, 300, 40, 40)).setTo(cv::Scalar(250, 20, 250));  // red on blue
  return frame;
}

TEST(TileStage, FindsEachThingOnceWhereTheWholePictureShowsOnlyTheLargest) {
  ShortSighted alone(1, 2);
  EXPECT_THAT(described(found_by(alone, known_scene())), ElementsAre("2 at 450,300 500x450"));
  for (const int batch : {1, 3, 8, 64}) {
    for (const int slots : {1, 2}) {
      auto detector = std::make_unique<ShortSighted>(batch, slots);
      const ShortSighted& seen = *detector;
      TileStage tiles(std::move(detector), {.size = 250, .overlap = 0.4});
      EXPECT_THAT(described(found_by(tiles, known_scene())), ElementsAreArray(kAll)) << batch;
      EXPECT_EQ(seen.flown.load(), 6 * 5 + 1);
      EXPECT_EQ(seen.in_air.load(), 0);
    }
  }
}

TEST(TileStage, APictureNoLargerThanATileIsAsWithoutTiles) {
  const Frame frame = scene({240, 200}, {{{20, 20, 40, 40}, 0}, {{200, 100, 40, 40}, 1}});
  ShortSighted alone(4, 2);
  auto detector = std::make_unique<ShortSighted>(4, 2);
  const ShortSighted& seen = *detector;
  TileStage tiles(std::move(detector), {.size = 250, .overlap = 0.4});
  const auto expected = found_by(alone, frame), found = found_by(tiles, frame);
  EXPECT_EQ(seen.flown.load(), 1);
  ASSERT_EQ(found.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(found[i].box.x1, expected[i].box.x1);
    EXPECT_EQ(found[i].box.y2, expected[i].box.y2);
  }
}

TEST(TileStage, TooManyPartsAreAPicturesFailure) {
  TileStage tiles(std::make_unique<ShortSighted>(4, 2), {.size = 32, .overlap = 0.5});
  InputPool pool;
  const auto outcome = prepare_step(tiles, scene({1000, 850}, {}), pool, false);
  ASSERT_TRUE(std::holds_alternative<Failure>(outcome));
  EXPECT_EQ(std::get<Failure>(outcome).reason,
            "1000 x 850 pixels make 3286 tiles of 32, and 255 is the most");
}

/// Writes down what was found, in the order of the pictures.
class FoundSink : public Sink {
 public:
  void write(const Outcome<Frame>& outcome) override {
    const auto* frame = std::get_if<Frame>(&outcome);
    lines.push_back(frame == nullptr
                        ? "failed"
                        : fmt::format("{}", fmt::join(described(frame->objects), "; ")));
  }
  std::vector<std::string> lines;
};

TEST(TileStage, ThreadedEqualsSequential) {
  const auto chain = [] {
    Decode decode = [](const Packet& packet) {
      std::uint64_t i = 0;
      std::memcpy(&i, packet.bytes.data(), sizeof i);
      if (i % 7 == 3) throw FrameError("not a picture");
      const int place = static_cast<int>(i * 37 % 400);
      return scene({500 + static_cast<int>(i % 3) * 100, 450},
                   {{{place, 60, 40, 40}, 0}, {{400 - place, 300, 40, 40}, 1}});
    };
    return chain_of(std::move(decode),
                    std::make_unique<TileStage>(std::make_unique<ShortSighted>(4, 2),
                                                TileConfig{.size = 250, .overlap = 0.4}));
  };
  CountingSource slow_source(40, {}), source(40, {});
  FoundSink expected, found;
  Sink* slow_sinks[] = {&expected};
  Sink* sinks[] = {&found};
  run_sequential(slow_source, chain(), slow_sinks);
  run_threaded(source, chain(), sinks, {.decode_threads = 3});
  EXPECT_THAT(found.lines, ElementsAreArray(expected.lines));
  EXPECT_EQ(found.lines.at(1), "0 at 40,60 40x40; 1 at 360,300 40x40");
  EXPECT_EQ(found.lines.at(3), "failed");
}

}  // namespace
}  // namespace fovea::pipeline
