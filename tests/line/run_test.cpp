// SPDX-License-Identifier: Apache-2.0
// A whole run on a device: files in, records out, held against the model asked directly.

#include "pipeline/line/run.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include "compute/error.hpp"
#include "pipeline/decode/decode.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/places.hpp"
#include "tests/unit/line/temp_tree.hpp"
#include "vision/classify.hpp"
#include "vision/inference.hpp"
#include "vision/models/auto_precision.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kModels = fovea::test::source_dir().string() + "/tests/golden/models/data/";

/// Remembers what came, in order.
struct Seen : Sink {
  void write(const Outcome<Frame>& outcome) override {
    if (const auto* failure = std::get_if<Failure>(&outcome)) {
      names.push_back("! " + failure->path.filename().string());
      bytes.push_back(failure->bytes);
    } else {
      frames.push_back(std::get<Frame>(outcome));
      names.push_back(frames.back().path.filename().string());
    }
  }
  void finish(const RunSummary&) override { ++finished; }
  std::vector<std::string> names;
  std::vector<Frame> frames;
  std::vector<std::uint64_t> bytes;
  int finished = 0;
};

class RunPipeline : public fovea::test::DeviceTest {
 protected:
  /// Noise of odd sizes, so that every picture has an answer of its own.
  void add_picture(const std::string& below, int seed) const {
    cv::Mat pixels(20 + seed % 7, 31 + seed % 5, CV_8UC3);
    cv::RNG random(static_cast<std::uint64_t>(seed) + 1);
    random.fill(pixels, cv::RNG::UNIFORM, 0, 256);
    const auto path = tree_.root() / below;
    fs::create_directories(path.parent_path());
    ASSERT_TRUE(cv::imwrite(path.string(), pixels));
  }

  RunConfig config(int batch = 3) const {
    RunConfig config;
    if (const char* device = std::getenv("FOVEA_DEVICE")) config.device = device;
    config.batch = batch;
    config.decode_threads = 2;
    SourceConfig source;
    source.path = tree_.root() / "in";
    config.sources = {source};
    ClassifyConfig classify;
    classify.model = kModels + "vit-plain";
    classify.top = 2;
    config.stages = {classify};
    return config;
  }

  static RunReport run(const RunConfig& config, Seen& seen, RunOptions options = {}) {
    static const TempTree compiled;  // the runs of one process compile once
    options.cache_dir = compiled.root();
    options.extra_sinks.push_back(&seen);
    return run_pipeline(config, options);
  }

  std::string text_of(const std::string& below) const {
    std::ifstream file(tree_.root() / below, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TempTree tree_;
};

TEST_F(RunPipeline, PicturesResizedOnTheDeviceHaveTheSameAnswers) {
  // Batches with empty places, and sources of several sizes, one of them as large as its output.
  for (int i = 0; i < 7; ++i) add_picture(fmt::format("in/{}.png", i), i);
  for (const int side : {32, 200, 400}) {
    cv::Mat pixels(side, side + 1, CV_8UC3);
    cv::randu(pixels, 0, 256);
    ASSERT_TRUE(
        cv::imwrite((tree_.root() / fmt::format("in/square-{}.png", side)).string(), pixels));
  }
  std::vector<std::vector<vision::Label>> answers;
  for (const ResampleOn where : {ResampleOn::host, ResampleOn::device}) {
    auto cfg = config(4);
    cfg.resample_on = where;
    Seen seen;
    const RunReport report = run(cfg, seen);
    EXPECT_EQ(report.identity.resample_on, where == ResampleOn::host ? "host" : "device");
    EXPECT_EQ(report.summary.done, 10U);
    for (const Frame& frame : seen.frames) answers.push_back(frame.labels);
  }
  ASSERT_EQ(answers.size(), 20U);
  for (std::size_t i = 0; i < 10; ++i) {
    ASSERT_EQ(answers[i].size(), answers[i + 10].size());
    for (std::size_t k = 0; k < answers[i].size(); ++k) {
      EXPECT_EQ(answers[i][k].id, answers[i + 10][k].id) << "picture " << i;
      EXPECT_EQ(answers[i][k].score, answers[i + 10][k].score);
    }
  }
}

TEST_F(RunPipeline, AutoResizesOnTheHostWithASoftwareDevice) {
  if (device().info().kind != compute::DeviceKind::software) GTEST_SKIP() << "a GPU is measured";
  add_picture("in/0.png", 0);
  Seen seen;
  EXPECT_EQ(run(config(), seen).identity.resample_on, "host");
}

TEST_F(RunPipeline, SaysWhatTheModelSays) {
  for (int i = 0; i < 8; ++i) add_picture(fmt::format("in/{}.png", i), i);
  tree_.file("in/5b.png", "not a picture");
  auto cfg = config();
  cfg.tune = Tune::off;  // it has lines of its own to say
  Seen seen;
  std::vector<std::string> notices;
  RunOptions options;
  options.on_notice = [&](const std::string& line) { notices.push_back(line); };
  const RunReport report = run(cfg, seen, options);

  EXPECT_THAT(seen.names, ElementsAre("0.png", "1.png", "2.png", "3.png", "4.png", "5.png",
                                      "! 5b.png", "6.png", "7.png"));
  EXPECT_THAT(seen.bytes, ElementsAre(13u));
  EXPECT_EQ(seen.finished, 1);
  EXPECT_EQ(report.summary.done, 8u);
  EXPECT_EQ(report.summary.failed, 1u);
  EXPECT_EQ(report.labels.size(), 6u);
  EXPECT_THAT(notices, ElementsAre(testing::AllOf(testing::StartsWith("device 0: "),
                                                  HasSubstr(report.identity.device)),
                                   testing::StartsWith("precision " + report.identity.precision)));
  EXPECT_THAT(report.identity.precision_why, testing::StartsWith("auto: "));
  EXPECT_EQ(report.identity.model_sha256.size(), 64u);
  EXPECT_THAT(report.identity.started_utc, testing::MatchesRegex("....-..-..T..:..:..Z"));

  const auto checkpoint = vision::Checkpoint::open(kModels + "vit-plain");
  const vision::Preprocessor preprocessor(checkpoint.preprocess());
  vision::ResampleScratch scratch;
  const auto precision = vision::choose_precision(std::nullopt, device(), checkpoint).precision;
  EXPECT_EQ(report.identity.precision, to_string(precision));
  vision::Inference inference(device(), checkpoint, {.precision = precision});
  for (const Frame& frame : seen.frames) {
    const Decoded decoded = decode_file(frame.path);
    EXPECT_EQ(frame.width_px, decoded.source_w);
    EXPECT_EQ(frame.height_px, decoded.source_h);
    auto pending = inference.begin(1);
    preprocessor.resize(decoded.image, pending.input(0), scratch);
    pending.submit();
    const auto expected = vision::top_labels(pending.finish(), checkpoint.config().labels, 2);
    ASSERT_EQ(frame.labels.size(), 2u) << frame.path;
    for (std::size_t k = 0; k < 2; ++k) {
      EXPECT_EQ(frame.labels[k].id, expected[k].id) << frame.path;
      // A batch of three may add its products up in another order than a batch of one.
      EXPECT_NEAR(frame.labels[k].score, expected[k].score, 1e-5) << frame.path;
    }
  }
}

TEST_F(RunPipeline, OutputInsideTheInputFolderIsNotReadByTheNextRun) {
  for (int i = 0; i < 5; ++i) add_picture(fmt::format("in/{}.png", i), i);
  tree_.file("in/bad.png", "not a picture");
  auto cfg = config();
  cfg.sources[0].include = {"*.png", "*.jsonl", "*.json"};
  cfg.sinks = {{JsonlConfig{tree_.root() / "in/results.jsonl"}, {}},
               {SortConfig{tree_.root() / "in/sorted", SortMode::copy, 0}, {}}};
  for (int i = 0; i < 2; ++i) {
    Seen seen;
    const RunReport report = run(cfg, seen);
    EXPECT_EQ(report.summary.seen, 6u) << "run " << i;
    EXPECT_TRUE(fs::exists(tree_.root() / "in/results.jsonl"));
    EXPECT_THAT(text_of("in/errors.jsonl"), HasSubstr("bad.png"));
    EXPECT_THAT(text_of("in/manifest.json"), HasSubstr(report.identity.model_sha256));
  }
}

TEST_F(RunPipeline, AFailedStartLeavesEarlierResultsAlone) {
  tree_.file("in/notes.txt");
  tree_.file("out/results.jsonl", "earlier\n");
  tree_.file("out/manifest.json", "earlier\n");
  auto cfg = config();
  cfg.sinks = {{JsonlConfig{tree_.root() / "out/results.jsonl"}, {}}};
  Seen seen;
  try {
    run(cfg, seen);
    FAIL() << "no pictures, and nothing thrown";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("no pictures found"), HasSubstr("1 other file")));
  }
  add_picture("in/a.png", 1);
  std::get<ClassifyConfig>(cfg.stages[0]).model = "no-such-model";
  EXPECT_THROW(run(cfg, seen), ModelError);
  EXPECT_EQ(text_of("out/results.jsonl"), "earlier\n");
  EXPECT_EQ(text_of("out/manifest.json"), "earlier\n");
  EXPECT_EQ(seen.finished, 0);
}

TEST_F(RunPipeline, ACascadeAsksTheSecondModelOnlyAboutWhatPassed) {
  for (int i = 0; i < 12; ++i) add_picture(fmt::format("in/{}.png", i), i);
  auto cfg = config();
  Seen all;
  run(cfg, all);
  const std::string first_label = all.frames.front().labels.front().name;
  const auto passing = std::count_if(all.frames.begin(), all.frames.end(), [&](const Frame& f) {
    return f.labels.front().name == first_label;
  });

  ClassifyConfig second;
  second.model = kModels + "deit-plain-head";
  second.top = 1;
  Seen alone;
  auto only_second = cfg;
  only_second.stages = {second};
  run(only_second, alone);

  FilterConfig filter;
  filter.labels = {first_label};
  cfg.stages = {cfg.stages[0], filter, second};
  Seen cascade;
  const RunReport report = run(cfg, cascade);
  EXPECT_EQ(report.summary.done, static_cast<std::uint64_t>(passing));
  EXPECT_EQ(report.summary.filtered, 12u - static_cast<std::uint64_t>(passing));
  for (const Frame& frame : cascade.frames) {
    const Frame& expected = alone.frames[frame.tag.index];
    ASSERT_EQ(frame.labels.size(), 1u);
    EXPECT_EQ(frame.labels[0].id, expected.labels[0].id);
    EXPECT_NEAR(frame.labels[0].score, expected.labels[0].score, 1e-5);
  }
}

TEST_F(RunPipeline, DecodesSmallerOnlyWhereAskedAndSaysSo) {
  cv::Mat pixels(300, 400, CV_8UC3);
  for (int y = 0; y < pixels.rows; ++y) {
    for (int x = 0; x < pixels.cols; ++x) {
      pixels.at<cv::Vec3b>(y, x) = {static_cast<std::uint8_t>(x / 2), 90,
                                    static_cast<std::uint8_t>(y / 2)};
    }
  }
  fs::create_directories(tree_.root() / "in");
  ASSERT_TRUE(cv::imwrite((tree_.root() / "in/large.jpg").string(), pixels));
  ASSERT_TRUE(cv::imwrite((tree_.root() / "in/lossless.png").string(), pixels));
  auto cfg = config();
  cfg.report_dir = tree_.root() / "out";
  std::vector<Frame> frames;
  for (const DecodeMode mode : {DecodeMode::exact, DecodeMode::fast}) {
    cfg.decode = mode;
    Seen seen;
    const RunReport report = run(cfg, seen);
    const bool fast = mode == DecodeMode::fast;
    EXPECT_EQ(report.summary.reduced, fast ? 1u : 0u);
    EXPECT_THAT(text_of("out/manifest.json"),
                HasSubstr(fast ? "\"decode\": \"fast\"" : "\"decode\": \"exact\""));
    ASSERT_EQ(seen.frames.size(), 2u);
    EXPECT_EQ(seen.frames[0].reduction, fast ? 8 : 1) << "300 pixels for a model of 32";
    EXPECT_EQ(seen.frames[1].reduction, 1);
    EXPECT_EQ(seen.frames[0].width_px, 400);
    EXPECT_EQ(seen.frames[0].height_px, 300);
    frames.push_back(seen.frames[0]);
  }
  EXPECT_EQ(frames[0].labels[0].id, frames[1].labels[0].id);
  // Of a smooth picture a smaller decoding changes the answer by little.
  EXPECT_NEAR(frames[0].labels[0].score, frames[1].labels[0].score, 0.02);
}

TEST_F(RunPipeline, AStopGivesWholeRecordsAndSaysSo) {
  for (int i = 0; i < 200; ++i) add_picture(fmt::format("in/{}.png", i), i);
  auto cfg = config(1);
  cfg.sinks = {{JsonlConfig{tree_.root() / "out/results.jsonl"}, {}}};
  std::atomic<bool> stop{false};
  struct StopAtFive : Seen {
    std::atomic<bool>* stop = nullptr;
    void write(const Outcome<Frame>& outcome) override {
      Seen::write(outcome);
      if (names.size() == 5) *stop = true;
    }
  } seen;
  seen.stop = &stop;
  RunOptions options;
  options.stop = &stop;
  const RunReport report = run(cfg, seen, options);
  EXPECT_TRUE(report.summary.interrupted);
  EXPECT_GE(report.summary.done, 5u);
  EXPECT_LT(report.summary.done, 100u);
  const std::string records = text_of("out/results.jsonl");
  EXPECT_EQ(static_cast<std::uint64_t>(std::count(records.begin(), records.end(), '\n')),
            report.summary.done);
  EXPECT_TRUE(records.ends_with("}\n"));
  EXPECT_THAT(text_of("out/manifest.json"), HasSubstr("\"interrupted\": true"));
}

}  // namespace
}  // namespace fovea::pipeline
