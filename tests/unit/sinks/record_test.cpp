// SPDX-License-Identifier: Apache-2.0
// JSONL, CSV, errors.jsonl and manifest.json, read back by something that is not the writer.
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "pipeline/sinks/json.hpp"
#include "tests/unit/sinks/fixture.hpp"

namespace fovea::pipeline {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RecordTest : public SinkTest {
 protected:
  std::string jsonl(const std::vector<Outcome<Frame>>& outcomes) {
    const auto sink = make_sink({JsonlConfig{dir() / "r.jsonl"}, {}}, make_identity(), kLabels);
    for (const auto& outcome : outcomes) sink->write(outcome);
    sink->finish({});
    return read(dir() / "r.jsonl");
  }
  std::string csv(int top, const std::vector<Outcome<Frame>>& outcomes) {
    const auto sink = make_sink({CsvConfig{dir() / "r.csv", top}, {}}, make_identity(), kLabels);
    for (const auto& outcome : outcomes) sink->write(outcome);
    sink->finish({});
    return read(dir() / "r.csv");
  }
};

Frame detected(std::vector<vision::Object> objects) {
  Frame frame = make_frame("street.jpg", {});
  frame.looks_for_objects = true;
  frame.objects = std::move(objects);
  return frame;
}

vision::Object dog() {
  vision::Object object;
  object.box = {10.126f, 20.0f, 300.5f, 400.25f};
  object.id = 2;
  object.name = "dog";
  object.score = 0.98f;
  return object;
}

// RFC 4180, section 2, as a state machine of its own.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && text.compare(i, 2, "\r\n") == 0) {
      ++i;
      rows.push_back({""});
    } else {
      rows.back().back() += c;
    }
  }
  EXPECT_FALSE(quoted);
  EXPECT_EQ(rows.back(), std::vector<std::string>{""}) << "the last row must end with CRLF";
  rows.pop_back();
  return rows;
}

TEST_F(RecordTest, ObjectsHaveTheirBoxesInPixels) {
  vision::Object followed = dog();
  followed.track = 7;
  followed.zones = {"door"};
  followed.labels = {{0, "poodle", 0.5f}};
  const Json record = Json::parse(jsonl({detected({dog(), followed})}));
  EXPECT_FALSE(record.contains("labels")) << "no classifier looked at it";
  const Json& objects = record.at("objects");
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].dump(),
            R"({"box":[10.13,20.0,300.5,400.25],"id":2,"name":"dog","score":0.98})");
  EXPECT_EQ(objects[1].at("track"), 7);
  EXPECT_EQ(objects[1].at("zones"), Json::array({"door"}));
  EXPECT_EQ(objects[1].at("labels").at(0).at("name"), "poodle");
}

TEST_F(RecordTest, NothingFoundIsSaidAndNothingLookedForIsNot) {
  EXPECT_EQ(Json::parse(jsonl({detected({})})).at("objects"), Json::array());
  EXPECT_FALSE(Json::parse(jsonl({cat_frame()})).contains("objects"));
  Frame both = detected({dog()});
  both.labels = {{1, "cat", 0.93f}};
  const Json record = Json::parse(jsonl({both}));
  EXPECT_EQ(record.at("labels").size(), 1u);
  EXPECT_EQ(record.at("objects").size(), 1u);
}

TEST_F(RecordTest, CsvHasARowAnObject) {
  vision::Object followed = dog();
  followed.track = 7;
  const auto sink = make_sink({CsvConfig{dir() / "o.csv", 3}, {}}, make_identity(), kLabels,
                              {.answers = Answers::objects});
  for (const Outcome<Frame>& outcome :
       {Outcome<Frame>(detected({dog(), followed})), Outcome<Frame>(detected({})),
        Outcome<Frame>(make_failure("bad.jpg", "no"))}) {
    sink->write(outcome);
  }
  sink->finish({});
  const auto rows = parse_csv(read(dir() / "o.csv"));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_THAT(rows[0],
              ElementsAre("source", "frame", "width", "height", "label", "score", "x1", "y1", "x2",
                          "y2", "track", "decode_ms", "preprocess_ms", "inference_ms"));
  EXPECT_THAT(std::vector(rows[1].begin(), rows[1].begin() + 11),
              ElementsAre("street.jpg", "0", "640", "480", "dog", "0.980000", "10.13", "20.00",
                          "300.50", "400.25", ""));
  EXPECT_EQ(rows[2].at(10), "7");
  EXPECT_THAT(std::vector(rows[3].begin() + 4, rows[3].begin() + 11),
              ElementsAre("", "", "", "", "", "", ""))
      << "a picture without objects";
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
}

TEST_F(RecordTest, JsonlRecordIsTheDocumentedLine) {
  EXPECT_EQ(jsonl({cat_frame()}),
            R"({"schema":1,"source":"photos/cat.jpg","frame":0,"size":[640,480],)"
            R"("labels":[{"id":1,"name":"cat","score":0.93},{"id":2,"name":"dog","score":0.05},)"
            R"({"id":0,"name":"bird","score":0.02}],)"
            R"("timings_ms":{"decode":1.5,"preprocess":0.25,"inference":12.125}})"
            "\n");
}

TEST_F(RecordTest, JsonlTellsWhatHappened) {
  Frame frame = cat_frame();
  EXPECT_FALSE(Json::parse(jsonl({frame})).contains("events"));
  frame.events = {{"line_cross", "door", "in", 7, "person", 0, 3},
                  {"dwell", "hall", "", 7, "person", 10.0004, 0},
                  {"overcrowd_end", "hall", "", std::nullopt, "", 0, 0}};
  EXPECT_EQ(
      Json::parse(jsonl({frame}))["events"].dump(),
      R"([{"event":"line_cross","line":"door","dir":"in","count":3,"track":7,"object":"person"},)"
      R"({"event":"dwell","zone":"hall","seconds":10.0,"track":7,"object":"person"},)"
      R"({"event":"overcrowd_end","zone":"hall","count":0}])");
}

TEST_F(RecordTest, JsonlNamesOrientationAndTruncationOnlyWhereTheyDiffer) {
  Frame turned = cat_frame();
  turned.orientation = 6;
  turned.truncated = true;
  const Json record = Json::parse(jsonl({turned}));
  EXPECT_EQ(record["orientation"], 6);
  EXPECT_EQ(record["truncated"], true);
  const Json plain = Json::parse(jsonl({cat_frame()}));
  EXPECT_FALSE(plain.contains("orientation"));
  EXPECT_FALSE(plain.contains("truncated"));
}

TEST_F(RecordTest, JsonlHoldsOneLineAPictureAndNoFailures) {
  const std::string text =
      jsonl({cat_frame("a.jpg"), make_failure("b.jpg", "broken"), cat_frame("line\nbreak.jpg")});
  std::istringstream lines(text);
  std::vector<std::string> sources;
  for (std::string line; std::getline(lines, line);) {
    sources.push_back(Json::parse(line)["source"]);
  }
  EXPECT_THAT(sources, ElementsAre("a.jpg", "line\nbreak.jpg"));
}

TEST_F(RecordTest, NamesThatAreNotUtf8KeepEveryByte) {
  Frame frame = cat_frame("caf\xE9/\xFF.jpg");
  frame.labels.front().name = "k\xE4tzchen";
  const Json record = Json::parse(jsonl({frame}));
  EXPECT_EQ(record["source"], "file:caf%E9/%FF.jpg");
  EXPECT_EQ(record["labels"][0]["name"], "k\xEF\xBF\xBDtzchen");
  const auto rows = parse_csv(csv(1, {frame}));
  EXPECT_EQ(rows.at(1).at(0), "file:caf%E9/%FF.jpg");
}

TEST_F(RecordTest, AnEarlierRunsResultsAreReplacedAndFoldersMade) {
  write(dir() / "deep/er/r.jsonl", "old\n");
  const JsonlConfig config{dir() / "deep/er/r.jsonl"};
  make_sink({config, {}}, make_identity(), kLabels)->finish({});
  EXPECT_EQ(read(config.path), "");
  const CsvConfig fresh{dir() / "new/folder/r.csv", 1};
  make_sink({fresh, {}}, make_identity(), kLabels)->finish({});
  EXPECT_THAT(read(fresh.path), ::testing::StartsWith("source,frame,width,height,label,score,"));
}

TEST_F(RecordTest, CsvReadsBackWhateverTheNames) {
  Frame odd = cat_frame("a \"b\", c\r\nd.jpg");
  odd.labels = {{1, "tabby, tabby cat", 0.5f}};
  const auto rows = parse_csv(csv(2, {cat_frame(), odd, make_failure("x", "y")}));
  EXPECT_THAT(
      rows,
      ElementsAre(ElementsAre("source", "frame", "width", "height", "label", "score", "label_2",
                              "score_2", "decode_ms", "preprocess_ms", "inference_ms"),
                  ElementsAre("photos/cat.jpg", "0", "640", "480", "cat", "0.930000", "dog",
                              "0.050000", "1.500", "0.250", "12.125"),
                  ElementsAre("a \"b\", c\r\nd.jpg", "0", "640", "480", "tabby, tabby cat",
                              "0.500000", "", "", "1.500", "0.250", "12.125")));
}

TEST_F(RecordTest, ErrorsFileAppearsWithTheFirstFailure) {
  write(dir() / "errors.jsonl", "from an earlier run\n");
  const auto sink = make_error_sink(dir());
  EXPECT_FALSE(std::filesystem::exists(dir() / "errors.jsonl"));
  sink->write(cat_frame());
  EXPECT_FALSE(std::filesystem::exists(dir() / "errors.jsonl"));
  sink->write(make_failure("b\xFF.jpg", "no picture in it"));
  sink->finish({});
  EXPECT_EQ(read(dir() / "errors.jsonl"),
            R"({"path":"file:b%FF.jpg","stage":"decode","reason":"no picture in it","bytes":1536})"
            "\n");
}

TEST_F(RecordTest, ManifestSaysWhatProducedTheResults) {
  RunSummary summary;
  summary.seen = 10;
  summary.done = 7;
  summary.failed = 2;
  summary.filtered = 1;
  summary.reduced = 3;
  summary.elapsed_s = 2.5;
  summary.images_per_s = 4;
  summary.bottleneck = "decode";
  summary.lost = {"webhook http://host/***: 2 lost"};
  write_manifest(dir() / "reports", make_identity(), summary);
  EXPECT_THAT(list(dir() / "reports"), ElementsAre("manifest.json"));
  const Json manifest = Json::parse(read(dir() / "reports/manifest.json"));
  EXPECT_EQ(manifest["schema"], 1);
  EXPECT_EQ(manifest["model"]["sha256"], "ab12");
  EXPECT_EQ(manifest["device"]["driver"], "test driver 1");
  EXPECT_EQ(manifest["counts"], (Json{{"seen", 10},
                                      {"done", 7},
                                      {"failed", 2},
                                      {"filtered", 1},
                                      {"filtered_by", Json::object()},
                                      {"reduced", 3}}));
  EXPECT_EQ(manifest["decode"], "fast");
  EXPECT_EQ(manifest["lost"], Json::array({"webhook http://host/***: 2 lost"}));
  EXPECT_EQ(manifest["config"], make_identity().config_yaml);
  EXPECT_EQ(manifest["started"], "2026-03-01T12:34:56Z");
  EXPECT_THAT(manifest["ended"].get<std::string>(),
              ::testing::MatchesRegex("....-..-..T..:..:..Z"));
}

TEST_F(RecordTest, ManifestThatCannotBeWrittenLeavesTheOldOne) {
  std::filesystem::create_directories(dir() / "manifest.json/in-the-way");
  EXPECT_THROW(write_manifest(dir(), make_identity(), {}), Error);
  EXPECT_THAT(list(dir()), ElementsAre("manifest.json"));
}

TEST_F(RecordTest, AFolderThatCannotBeMadeIsAConfigError) {
  write(dir() / "file", "x");
  try {
    make_sink({JsonlConfig{dir() / "file/r.jsonl"}, {}}, make_identity(), kLabels);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("cannot make the output folder: Not a directory"),
                      HasSubstr("where: " + (dir() / "file").string()), HasSubstr("fix: ")));
  }
}

}  // namespace
}  // namespace fovea::pipeline
