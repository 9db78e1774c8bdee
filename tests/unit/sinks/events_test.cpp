// SPDX-License-Identifier: Apache-2.0
// The events file, read back line by line.
#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "pipeline/config/event_kinds.hpp"
#include "pipeline/sinks/json.hpp"
#include "tests/unit/sinks/fixture.hpp"

namespace fovea::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class EventsSinkTest : public SinkTest {
 protected:
  std::vector<std::string> written(const EventsConfig& config,
                                   const std::vector<Outcome<Frame>>& outcomes) {
    const auto sink = make_sink({config, {}}, make_identity(), kLabels);
    for (const auto& outcome : outcomes) sink->write(outcome);
    sink->finish({});
    std::istringstream text(read(config.path));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
};

Frame happened(std::uint64_t number, std::vector<Event> events) {
  Frame frame = cat_frame("entrance");
  frame.tag.frame = number;
  frame.events = std::move(events);
  return frame;
}

const Event kCross{"line_cross", "door", "in", 7, "person", 0, 3};
const Event kDwell{"dwell", "hall", "", 7, "person", 10.0004, 0};

TEST_F(EventsSinkTest, OneRecordAnEventAndNoneForFramesWithout) {
  Frame timed = happened(61, {kDwell});
  timed.tag.position = 2'033'333us;
  timed.tag.captured = std::chrono::system_clock::time_point(1'772'368'496'789ms);
  EXPECT_THAT(
      written({dir() / "e.jsonl"}, {happened(0, {}), happened(15, {kCross, kDwell}),
                                    make_failure("entrance", "broken"), timed}),
      ElementsAre(
          R"({"schema":1,"event":"line_cross","line":"door","dir":"in","count":3,"track":7,)"
          R"("object":"person","source":"entrance","frame":15,"t":0.5})",
          R"({"schema":1,"event":"dwell","zone":"hall","seconds":10.0,"track":7,)"
          R"("object":"person","source":"entrance","frame":15,"t":0.5})",
          R"({"schema":1,"event":"dwell","zone":"hall","seconds":10.0,"track":7,)"
          R"("object":"person","source":"entrance","frame":61,"t":2.033,)"
          R"("t_capture":"2026-03-01T12:34:56.789Z"})"));
}

TEST_F(EventsSinkTest, OnlyTheKindsThatAreAskedFor) {
  EXPECT_THAT(
      written({dir() / "e.jsonl", {"dwell", "overcrowd"}}, {happened(15, {kCross, kDwell})}),
      ElementsAre(HasSubstr("\"dwell\"")));
}

TEST_F(EventsSinkTest, TheFileIsThereWhereNothingHappened) {
  EXPECT_THAT(written({dir() / "new/e.jsonl"}, {happened(0, {})}), ElementsAre());
  EXPECT_THAT(list(dir() / "new"), ElementsAre("e.jsonl"));
}

TEST_F(EventsSinkTest, AFullDiskIsNamed) {
  try {
    written({"/dev/full"}, {happened(1, {kCross})});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the disk is full"));
  }
}

}  // namespace
}  // namespace fovea::pipeline
