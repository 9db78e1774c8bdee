// SPDX-License-Identifier: Apache-2.0
// Numbers, durations, points, and maps inside maps: what every key of these types may rely on.
#include <chrono>
#include <optional>

#include <gmock/gmock.h>

#include "pipeline/config/check.hpp"
#include "pipeline/config/make_key.hpp"
#include "pipeline/config/write_section.hpp"
#include "tests/unit/config/any_value.hpp"

namespace fovea::pipeline {
namespace {

using namespace std::chrono_literals;

struct Pause {
  std::chrono::milliseconds first = 1s, most = 30s;
  double jitter = 0.2;
};
struct Area {
  std::string name;
  Points corners;
  Place place;
};
struct Camera {
  std::chrono::milliseconds age{0};
  double rate = 0;
  Pause pause;
  std::optional<Pause> retry;
  std::vector<Area> areas;
};

const Section& pause_section() {
  static const Section section{
      "pause",
      "How long to wait",
      "first",
      {key("first", ValueType::duration, &Pause::first, "The first wait",
           {.min = 10, .max = 60'000}),
       key("most", ValueType::duration, &Pause::most, "The longest wait", {.max = 3'600'000}),
       key("jitter", ValueType::real, &Pause::jitter, "Shaken by this", {.min = -1, .max = 1.5})}};
  return section;
}

const Section& area_section() {
  static const Section section{
      "area",
      "A part of the picture",
      "",
      {key("name", ValueType::text, &Area::name, "What it is called", {.required = true}),
       key("corners", ValueType::points, &Area::corners, "Its corners",
           {.required = true, .min = 3, .max = 5})}};
  return section;
}

const Section& camera_section() {
  static const Section section{
      "camera",
      "A camera",
      "",
      {key("age", ValueType::duration, &Camera::age, "Oldest picture", {.word_for_0 = "any"}),
       key("rate", ValueType::real, &Camera::rate, "Pictures a second",
           {.min = 0.1, .max = 1000, .word_for_0 = "all"}),
       nested("pause", pause_section(), &Camera::pause, "Between pictures"),
       nested("retry", pause_section(), &Camera::retry, "Between attempts"),
       list_of("areas", area_section(), &Camera::areas, "Parts of the picture", {.max = 2})}};
  return section;
}

struct Read {
  Camera camera;
  std::string faults;
};

Read read(const std::string& yaml) {
  Read result;
  std::vector<Fault> faults;
  Document document;
  document.origins.emplace_back("t");
  document.root = parse_yaml(yaml, "t", faults);
  expand_environment(document, faults);
  EXPECT_EQ(to_string(faults), "");
  check_section(document, camera_section(), &result.camera, faults);
  result.faults = to_string(faults);
  return result;
}

std::string written(const Camera& camera) {
  static const Camera defaults;
  return write_section(camera_section(), &camera, &defaults);
}

TEST(Nested, EveryFormIsRead) {
  const Read read_all = read(R"(
age: 150ms
rate: 12.5
pause: {most: 2m, jitter: -0.5}
retry: 1.5s
areas:
  - {name: door, corners: [[0, 0.25], [1, 0], [.5, 1]]}
  - {name: gate, corners: [[0, 0], [640, 0], [640, 480.5], [0, 480]]}
)");
  EXPECT_EQ(read_all.faults, "");
  const Camera& camera = read_all.camera;
  EXPECT_EQ(camera.age, 150ms);
  EXPECT_EQ(camera.rate, 12.5);
  EXPECT_EQ(camera.pause.first, 1s);
  EXPECT_EQ(camera.pause.most, 2min);
  EXPECT_EQ(camera.pause.jitter, -0.5);
  ASSERT_TRUE(camera.retry.has_value());
  EXPECT_EQ(camera.retry->first, 1500ms);
  EXPECT_EQ(camera.retry->most, 30s);
  ASSERT_EQ(camera.areas.size(), 2U);
  EXPECT_EQ(camera.areas[0].corners, (Points{{0, 0.25}, {1, 0}, {0.5, 1}}));
  EXPECT_TRUE(are_relative(camera.areas[0].corners));
  EXPECT_FALSE(are_relative(camera.areas[1].corners));
  EXPECT_EQ(camera.areas[1].place.line, 8);
  EXPECT_EQ(camera.areas[1].place.path, "areas[1]");
}

TEST(Nested, WhatIsLeftOutIsOff) {
  const Read nothing = read("{}");
  EXPECT_EQ(nothing.faults, "");
  EXPECT_FALSE(nothing.camera.retry.has_value());
  EXPECT_EQ(written(nothing.camera), "{}");
  const Read empty = read("retry: {}\nage: any\nrate: all");
  EXPECT_EQ(empty.faults, "");
  EXPECT_TRUE(empty.camera.retry.has_value());
  EXPECT_EQ(written(empty.camera), "{retry: {}}");
}

TEST(Nested, FaultsSayWhereAndHow) {
  EXPECT_EQ(read("age: 5").faults,
            "t:1:6 age: age is '5'\n"
            "  fix: write a duration in whole milliseconds, as in 150ms, 1.5s or 2m, or any");
  EXPECT_EQ(read("age: \"5s\"").faults.substr(0, 21), "t:1:6 age: age is '5s");
  EXPECT_EQ(read("rate: 0.05").faults,
            "t:1:7 rate: rate is 0.05, which is too small\n  fix: use 0.1 or more");
  EXPECT_EQ(read("retry: {first: 2m}").faults,
            "t:1:16 retry.first: first is 2m, which is too large\n  fix: use 1m or less");
  EXPECT_EQ(
      read("retry: {frist: 2s}").faults,
      "t:1:9 retry: unknown key 'frist'\n  fix: did you mean 'first'? All keys: fovea schema");
  EXPECT_EQ(read("retry: [1s]").faults,
            "t:1:8 retry: 'retry' is a list, not a map\n  fix: write it as retry: {first: ...}");
  EXPECT_EQ(read("areas: {name: a}").faults,
            "t:1:8 areas: areas is a map\n  fix: write a list of maps, as in [{name: ...}]");
  EXPECT_EQ(read("areas: [door]").faults,
            "t:1:9 areas[0]: 'areas[0]' is a single value, not a map\n"
            "  fix: write it as {name: ...}");
  EXPECT_EQ(read("areas: [{name: door}]").faults,
            "t:1:9 areas[0]: 'corners' is missing\n  fix: add it: {corners: ...}");
  const std::string area = "{name: a, corners: [[0, 0], [0, 1], [1, 1]]}";
  EXPECT_EQ(read("areas: [" + area + ", " + area + ", " + area + "]").faults,
            "t:1:8 areas: areas has 3 entries\n  fix: write 2 entries or fewer");
}

std::string told_of_corners(const std::string& corners) {
  const std::string faults = read("areas: [{name: a, corners: " + corners + "}]").faults;
  const std::size_t begin = faults.find("corners: ");
  return begin == std::string::npos ? faults : faults.substr(begin + 9);
}

TEST(Nested, PointsAreInsideThePictureAndOfOneKind) {
  EXPECT_EQ(told_of_corners("[[0, 0], [1, 0]]"),
            "corners has 2 points\n  fix: write 3 points or more");
  EXPECT_EQ(told_of_corners("[[0, 0], [1, 0], [1, 1], [0, 1], [0, .5], [0, .2]]"),
            "corners has 6 points\n  fix: write 5 points or fewer");
  EXPECT_EQ(told_of_corners("[[0, 0], [1, 0, 1], [1, 1]]"),
            "point 2 of corners is a list\n  fix: write two numbers in brackets, as in [0.1, 0.2]");
  EXPECT_EQ(told_of_corners("[[0, 0], [1, x], [1, 1]]"),
            "point 2 of corners is a list\n  fix: write two numbers in brackets, as in [0.1, 0.2]");
  EXPECT_EQ(told_of_corners("[[0, 0], [1, -0.1], [1, 1]]"),
            "point 2 of corners lies outside the picture: a coordinate is below 0\n"
            "  fix: x counts from the left edge, y from the upper one");
  EXPECT_EQ(told_of_corners("[[0, 0], [0.5, 0], [640, 480]]"),
            "corners mixes shares of the picture with pixels\n"
            "  fix: write all points as shares from 0 to 1, or all in pixels");
  EXPECT_EQ(told_of_corners("0.5"),
            "corners is '0.5'\n  fix: write a list of points, as in [[0.1, 0.2], [0.5, 0.9]]");
}

TEST(Nested, AnyStructRoundTrips) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    Camera camera;
    AnyValue(seed).fill(camera_section(), &camera);
    const std::string yaml = written(camera);
    const Read again = read(yaml);
    EXPECT_EQ(again.faults, "") << yaml;
    EXPECT_EQ(spelled_out(camera_section(), &again.camera), spelled_out(camera_section(), &camera))
        << yaml;
    EXPECT_EQ(written(again.camera), yaml);
  }
}

}  // namespace
}  // namespace fovea::pipeline
