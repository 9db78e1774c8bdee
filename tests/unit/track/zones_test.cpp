// SPDX-License-Identifier: Apache-2.0
// Zones and lines: exact counts of things whose way is known.
#include <cmath>
#include <map>
#include <random>
#include <string>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "pipeline/track/track_stage.hpp"
#include "pipeline/track/zones_stage.hpp"
#include "tests/unit/track/scene.hpp"

namespace fovea::pipeline {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kWidth = 1280, kHeight = 720;

/// A box of 40 x 80 whose bottom centre is there.
vision::Object person_at(double x, double y, std::int64_t track) {
  vision::Object object;
  object.box = {static_cast<float>(x - 20), static_cast<float>(y - 80), static_cast<float>(x + 20),
                static_cast<float>(y)};
  object.name = "person";
  object.score = 0.9f;
  object.track = track;
  return object;
}

Frame frame_at(double seconds, std::vector<vision::Object> objects,
               const std::string& source = "gate") {
  Frame frame;
  frame.tag.source = source;
  frame.tag.position = std::chrono::microseconds(std::llround(seconds * 1e6));
  frame.width_px = kWidth;
  frame.height_px = kHeight;
  frame.objects = std::move(objects);
  return frame;
}

std::string text_of(const Event& event) {
  std::string text = event.kind + " " + event.where;
  if (!event.direction.empty()) text += " " + event.direction;
  if (event.track) text += " #" + std::to_string(*event.track);
  if (event.count > 0) text += " (" + std::to_string(event.count) + ")";
  return text;
}

/// Runs frames through a `zones` stage and gathers what happened.
class Watch {
 public:
  explicit Watch(ZonesConfig config) : stage_(std::move(config)) {}

  Frame show(Frame frame) {
    Frame out = *stage_.process(std::move(frame));
    for (const Event& event : out.events) {
      told_.push_back(text_of(event));
      events_.push_back(event);
    }
    return out;
  }
  Frame show(double seconds, std::vector<vision::Object> objects) {
    return show(frame_at(seconds, std::move(objects)));
  }
  const std::vector<std::string>& told() const { return told_; }
  const std::vector<Event>& events() const { return events_; }
  int count(const std::string& kind, const std::string& direction = {}) const {
    return static_cast<int>(std::ranges::count_if(events_, [&](const Event& event) {
      return event.kind == kind && event.direction == direction;
    }));
  }

 private:
  ZonesStage stage_;
  std::vector<std::string> told_;
  std::vector<Event> events_;
};

/// Across the middle, from left to right: what lies below is its right.
ZonesConfig door_line() {
  ZonesConfig config;
  config.lines.push_back({.name = "door", .from = {0.25, 0.5}, .to = {0.75, 0.5}});
  return config;
}

ZonesConfig hall_zone(ZoneConfig zone = {}) {
  ZonesConfig config;
  zone.name = "hall";
  zone.polygon = {{0.5, 0.5}, {1, 0.5}, {1, 1}, {0.5, 1}};
  config.zones.push_back(std::move(zone));
  return config;
}

TEST(Lines, CountEachWayByItself) {
  Watch watch(door_line());
  double t = 0;
  for (double y = 200; y <= 520; y += 20) watch.show(t += 0.1, {person_at(640, y, 1)});
  for (double y = 520; y >= 200; y -= 20) watch.show(t += 0.1, {person_at(640, y, 1)});
  for (double y = 200; y <= 520; y += 20) watch.show(t += 0.1, {person_at(600, y, 2)});
  EXPECT_THAT(watch.told(), ElementsAre("line_cross door in #1 (1)", "line_cross door out #1 (1)",
                                        "line_cross door in #2 (2)"));
  EXPECT_EQ(watch.events()[0].object, "person");
}

TEST(Lines, TremblingOnTheLineCountsNothing) {
  Watch watch(door_line());
  std::mt19937 random(1);
  std::uniform_real_distribution<double> tremble(-3.9, 3.9);  // 5 % of the box's height is 4
  double t = 0;
  watch.show(t, {person_at(640, 300, 1)});
  for (int i = 0; i < 2000; ++i) watch.show(t += 0.1, {person_at(640, 360 + tremble(random), 1)});
  EXPECT_THAT(watch.told(), IsEmpty());
  watch.show(t += 0.1, {person_at(640, 420, 1)});
  EXPECT_THAT(watch.told(), ElementsAre("line_cross door in #1 (1)"));
}

TEST(Lines, WhoTurnsBackOnTheLineHasNotCrossed) {
  Watch watch(door_line());
  double t = 0;
  for (const double y : {300.0, 350.0, 362.0, 363.0, 358.0, 330.0, 300.0}) {
    watch.show(t += 0.1, {person_at(640, y, 1)});
  }
  EXPECT_THAT(watch.told(), IsEmpty());
}

TEST(Lines, TheWayAroundTheEndIsNoCrossing) {
  Watch watch(door_line());  // from x = 320 to 960
  double t = 0;
  for (double angle = -1.5; angle <= 1.5; angle += 0.1) {
    watch.show(t += 0.1, {person_at(960 + 80 * std::cos(angle), 360 + 80 * std::sin(angle), 1)});
  }
  EXPECT_THAT(watch.told(), IsEmpty());
}

TEST(Lines, ASlowWalkAlongTheLineAndOffItsEndIsNoCrossing) {
  Watch watch(door_line());
  double t = 0;
  watch.show(t, {person_at(900, 340, 1)});
  for (double x = 900; x <= 1000; x += 5) watch.show(t += 0.1, {person_at(x, 359, 1)});
  watch.show(t += 0.1, {person_at(1000, 400, 1)});
  EXPECT_THAT(watch.told(), IsEmpty());
}

TEST(Lines, OneLongStepIsACrossing) {
  Watch watch(door_line());
  watch.show(0, {person_at(640, 100, 1)});
  watch.show(3, {person_at(640, 700, 1)});  // out of sight between
  EXPECT_THAT(watch.told(), ElementsAre("line_cross door in #1 (1)"));
}

TEST(Lines, LookOnlyAtTheirClassesAndSources) {
  ZonesConfig config = door_line();
  config.lines[0].classes = {"dog"};
  config.lines[0].source = "yard";
  Watch watch(config);
  for (const char* source : {"gate", "yard"}) {
    for (const char* name : {"person", "dog"}) {
      for (const double y : {300.0, 420.0}) {
        auto object = person_at(640, y, name[0]);
        object.name = name;
        watch.show(frame_at(y / 100 + name[0], {object}, source));
      }
    }
  }
  EXPECT_EQ(watch.told().size(), 1u);
  EXPECT_EQ(watch.events()[0].object, "dog");
}

TEST(Lines, PixelsAndSharesSayTheSame) {
  ZonesConfig config;
  config.lines.push_back({.name = "door", .from = {320, 360}, .to = {960, 360}});
  Watch watch(config);
  watch.show(0, {person_at(640, 300, 1)});
  watch.show(1, {person_at(640, 420, 1)});
  watch.show(2, {person_at(300, 420, 1)});
  watch.show(3, {person_at(300, 300, 1)});
  EXPECT_THAT(watch.told(), ElementsAre("line_cross door in #1 (1)"));
}

/// Many people through many lines in all directions, through the tracker: every count exact.
TEST(Lines, CountsAreExactOnAKnownScene) {
  namespace scene = testing_support;
  std::vector<scene::Mover> movers;
  int in = 0, out = 0;
  for (int i = 0; i < 24; ++i) {
    const bool down = i % 3 != 0;
    const double start = 1.5 * i, x = 350 + 25.0 * i, speed = 90 + 5 * (i % 5);
    (down ? in : out) += 1;
    movers.push_back(
        {.centre = scene::straight({x, (down ? 150 : 590) - (down ? 1 : -1) * speed * start},
                                   {0, down ? speed : -speed}),
         .life = {start, start + 4.4}});
  }
  for (const unsigned seed : {1u, 2u, 3u}) {
    const scene::Detector detector{.noise_px = 2, .missed = 0.1, .false_boxes = 0.1, .seed = seed};
    TrackStage track({});
    Watch watch(door_line());
    for (const auto& moment : scene::make_scene(movers, detector, scene::steady(25, 45))) {
      watch.show(*track.process(frame_at(moment.t, moment.found)));
    }
    EXPECT_EQ(watch.count("line_cross", "in"), in) << "seed " << seed;
    EXPECT_EQ(watch.count("line_cross", "out"), out) << "seed " << seed;
  }
}

TEST(Zones, TellWhoComesAndGoes) {
  Watch watch(hall_zone());
  EXPECT_THAT(watch.show(0, {person_at(200, 600, 1)}).objects[0].zones, IsEmpty());
  EXPECT_THAT(watch.show(1, {person_at(800, 600, 1)}).objects[0].zones, ElementsAre("hall"));
  watch.show(2, {person_at(900, 600, 1)});
  watch.show(3, {person_at(200, 600, 1)});
  watch.show(4, {person_at(100, 600, 1)});
  EXPECT_THAT(watch.told(), ElementsAre("zone_enter hall #1", "zone_leave hall #1"));
  EXPECT_DOUBLE_EQ(watch.events()[1].seconds, 1) << "from the first to the last moment inside";
}

TEST(Zones, AShortAbsenceIsNone) {
  Watch watch(hall_zone());
  for (int i = 0; i < 100; ++i) {  // trembles over the border, and is out of sight for a while
    if (i > 40 && i < 49) {
      watch.show(i * 0.1, {});
    } else {
      watch.show(i * 0.1, {person_at(i % 3 == 0 ? 639 : 641, 600, 1)});
    }
  }
  EXPECT_THAT(watch.told(), ElementsAre("zone_enter hall #1"));
}

TEST(Zones, DwellIsToldOnceAVisit) {
  Watch watch(hall_zone({.dwell = 10s}));
  for (double t = 0; t < 25; t += 0.5) watch.show(t, {person_at(800, 600, 1)});
  for (double t = 25; t < 30; t += 0.5) watch.show(t, {person_at(100, 600, 1)});
  for (double t = 30; t < 45; t += 0.5) watch.show(t, {person_at(800, 600, 1)});
  EXPECT_THAT(watch.told(), ElementsAre("zone_enter hall #1", "dwell hall #1", "zone_leave hall #1",
                                        "zone_enter hall #1", "dwell hall #1"));
  EXPECT_DOUBLE_EQ(watch.events()[1].seconds, 10);
}

TEST(Zones, OvercrowdingIsToldWhenItBeginsAndWhenItEnds) {
  Watch watch(hall_zone({.overcrowd = 3, .grace = 0ms}));
  for (int i = 0; i < 60; ++i) {
    const int people = i < 20 ? 2 : i < 40 ? 4 : 1;
    std::vector<vision::Object> objects;
    for (int p = 0; p < people; ++p) objects.push_back(person_at(700 + 50 * p, 600, p));
    watch.show(i * 0.1, objects);
  }
  std::vector<std::string> crowding;
  for (const auto& told : watch.told()) {
    if (told.starts_with("overcrowd")) crowding.push_back(told);
  }
  EXPECT_THAT(crowding, ElementsAre("overcrowd hall (4)", "overcrowd_end hall (1)"));
}

TEST(Zones, TheAnchorDecides) {
  ZonesConfig config = hall_zone();
  Watch feet(config);
  config.zones[0].anchor = Anchor::center;
  Watch middle(config);
  const auto standing = person_at(800, 380, 1);  // feet at 380, middle at 340, border at 360
  EXPECT_THAT(feet.show(0, {standing}).objects[0].zones, ElementsAre("hall"));
  EXPECT_THAT(middle.show(0, {standing}).objects[0].zones, IsEmpty());
}

TEST(Zones, ABoxCutByThePicturesEdgeStillStandsInTheZone) {
  Watch watch(hall_zone());
  EXPECT_THAT(watch.show(0, {person_at(800, kHeight, 1)}).objects[0].zones, ElementsAre("hall"));
  EXPECT_THAT(watch.show(1, {person_at(800, kHeight + 15, 1)}).objects[0].zones,
              ElementsAre("hall"));
}

TEST(Zones, AStreamThatBeginsAgainFindsThemEmpty) {
  Watch watch(hall_zone());
  watch.show(5, {person_at(800, 600, 1)});
  watch.show(0, {person_at(800, 600, 7)});
  EXPECT_THAT(watch.told(), ElementsAre("zone_enter hall #1", "zone_enter hall #7"));
}

TEST(Zones, SourcesDoNotMix) {
  Watch watch(hall_zone({.overcrowd = 2}));
  for (const char* source : {"a", "b", "c"}) {
    watch.show(frame_at(1, {person_at(800, 600, source[0])}, source));
  }
  EXPECT_EQ(watch.count("overcrowd"), 0);
}

TEST(Zones, PixelsBeyondThePictureAreRefusedWithTheirPlace) {
  ZonesConfig config = hall_zone();
  config.zones[0].polygon = {{600, 300}, {1300, 300}, {1300, 700}};
  config.zones[0].place = {"gate.yaml", 7, 9, "stages[2].zones.zones[0]"};
  Watch watch(config);
  try {
    watch.show(0, {});
    FAIL() << "a zone outside the picture was taken";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "the zone 'hall' reaches out of the picture, which has 1280 x 720 pixels\n"
                 "  where: gate.yaml:7:9 (stages[2].zones.zones[0])\n"
                 "  fix:   write shares of the picture from 0 to 1, which fit any size");
  }
}

TEST(Zones, ASmallerPictureInMidStreamIsAFailureOfThatPicture) {
  ZonesConfig config = hall_zone();
  config.zones[0].polygon = {{600, 300}, {1200, 300}, {1200, 700}};
  Watch watch(config);
  watch.show(0, {person_at(1100, 400, 1)});
  Frame small = frame_at(1, {});
  small.width_px = 640;
  small.height_px = 360;
  EXPECT_THROW(watch.show(std::move(small)), FrameError);
  watch.show(2, {person_at(1100, 400, 1)});
  EXPECT_THAT(watch.told(), ElementsAre("zone_enter hall #1"));
}

TEST(TrackStage, NumbersAreUniqueOverAllSources) {
  TrackStage track({});
  std::map<std::string, std::int64_t> ids;
  for (int i = 0; i < 10; ++i) {
    for (const char* source : {"a", "b"}) {
      const auto frame = track.process(frame_at(i * 0.04, {person_at(300, 300, 0)}, source));
      ASSERT_EQ(frame->objects.size(), 1u);
      const auto id = *frame->objects[0].track;
      EXPECT_EQ(ids.try_emplace(source, id).first->second, id);
    }
  }
  EXPECT_NE(ids["a"], ids["b"]);
}

TEST(TrackStage, PredictsWhereNoDetectorLooked) {
  TrackStage track({});
  for (int i = 0; i <= 30; ++i) {
    Frame frame = frame_at(i * 0.04, {});
    frame.tag.detect = i % 3 == 0;
    if (frame.tag.detect) frame.objects = {person_at(300 + 4 * i, 300, 0)};
    const auto out = track.process(std::move(frame));
    ASSERT_EQ(out->objects.size(), 1u) << i;
    if (i > 12) {
      EXPECT_NEAR(out->objects[0].box.x1, 280 + 4 * i, 2) << i;
    }
  }
}

TEST(TrackStage, PredictedBoxesStayInThePicture) {
  TrackStage track({});
  for (int i = 0; i < 10; ++i) track.process(frame_at(i * 0.04, {person_at(1180 + 8 * i, 300, 0)}));
  for (int i = 10; i < 40; ++i) {
    Frame frame = frame_at(i * 0.04, {});
    frame.tag.detect = false;
    const auto out = track.process(std::move(frame));
    for (const auto& object : out->objects) {
      EXPECT_LE(object.box.x2, kWidth);
      EXPECT_GT(object.box.area(), 0);
      EXPECT_LT(i, 25) << "it has long left the picture";
    }
  }
}

TEST(TrackStage, ThousandsOfSourcesAreForgotten) {
  PerSource<int> states(3);
  for (int i = 0; i < 5000; ++i) states.of("picture " + std::to_string(i), [] { return 0; }) = i;
  EXPECT_EQ(states.size(), 3u);
  EXPECT_EQ(states.of("picture 4997", [] { return -1; }), 4997);
  states.of("new", [] { return 1; });
  EXPECT_EQ(states.of("picture 4998", [] { return -1; }), -1) << "silent longest";
  EXPECT_EQ(states.of("picture 4997", [] { return -1; }), 4997);
}

}  // namespace
}  // namespace fovea::pipeline
