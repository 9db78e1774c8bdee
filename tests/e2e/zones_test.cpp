// SPDX-License-Identifier: Apache-2.0
// From a video file to events and clips, by the program as a user runs it.
#include <algorithm>
#include <csignal>

#include <opencv2/videoio.hpp>

#include "tests/e2e/e2e_fixture.hpp"

namespace fovea::test {
namespace {

constexpr double kPatience_s = 120;
constexpr int kWidth = 96, kHeight = 64, kRate = 10;

class Zones : public EndToEndOnDevice {
 protected:
  /// A video without anything of note in it. The random detector sees things in any picture, and
  /// in pictures that are alike much the same things.
  void video(const std::string& name, int frames) {
    cv::VideoWriter writer((folder_ / name).string(), cv::VideoWriter::fourcc('m', 'p', '4', 'v'),
                           kRate, {kWidth, kHeight});
    ASSERT_TRUE(writer.isOpened());
    for (int i = 0; i < frames; ++i) {
      cv::Mat picture(kHeight, kWidth, CV_8UC3, cv::Scalar(40, 90, 160));
      picture.colRange(0, 10) = cv::Scalar::all(i % 200);
      writer.write(picture);
    }
  }

  /// Everything is an object, and the zone is the whole picture.
  void job(const std::string& source, const std::string& clips) {
    text_file("job.yaml",
              "version: 1\nsource: " + source + "\nstages:\n  - detect: {model: '" +
                  kTinyDetector.string() +
                  "', min_score: 0}\n  - track: {low_score: 0, high_score: 0, new_score: 0}\n"
                  "  - zones: {zones: [{name: all, polygon: [[0, 0], [1, 0], [1, 1], [0, 1]], "
                  "anchor: center, overcrowd: 2}]}\nsinks:\n  - jsonl: out/r.jsonl\n"
                  "  - events: out/events.jsonl\n  - clips: " +
                  clips + "\n");
  }

  std::vector<fs::path> clips() const {
    std::vector<fs::path> files;
    if (!fs::exists(folder_ / "out/clips")) return files;
    for (const auto& entry : fs::directory_iterator(folder_ / "out/clips")) {
      files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  }

  static int pictures_in(const fs::path& file) {
    cv::VideoCapture clip(file.string());
    int pictures = 0;
    for (cv::Mat frame; clip.read(frame); ++pictures) {
      EXPECT_EQ(frame.size(), cv::Size(kWidth, kHeight)) << file;
    }
    return pictures;
  }
};

TEST_F(Zones, AVideoLeavesItsEventsAndClips) {
  video("v.mp4", 30);
  job("{video: v.mp4}", "{dir: out/clips, on: [overcrowd], before: 1s, after: 1s, fps: 10}");
  const ProcessResult result = fovea({"run", "job.yaml", "--no-tune", "--progress", "none"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto records = records_of(read_text(folder_ / "out/r.jsonl"));
  ASSERT_EQ(records.size(), 30u);
  const auto events = records_of(read_text(folder_ / "out/events.jsonl"));
  std::size_t in_records = 0;
  for (const Json& record : records) {
    if (record.contains("events")) in_records += record.at("events").size();
  }
  EXPECT_EQ(events.size(), in_records);
  // Seven objects stand in the zone from the first frame on.
  const auto crowd = std::ranges::find(
      events, "overcrowd", [](const Json& event) { return event.at("event").get<std::string>(); });
  ASSERT_NE(crowd, events.end());
  EXPECT_EQ(crowd->at("zone"), "all");
  EXPECT_EQ(crowd->at("frame"), 0);
  EXPECT_EQ(crowd->at("t"), 0.0);
  EXPECT_EQ(
      std::ranges::count(events, "zone_enter",
                         [](const Json& event) { return event.at("event").get<std::string>(); }),
      7);
  ASSERT_EQ(clips().size(), 1u);
  EXPECT_THAT(clips()[0].filename().string(), testing::EndsWith("_overcrowd.mp4"));
  // A second of it after the first picture; nothing was before.
  EXPECT_NEAR(pictures_in(clips()[0]), 11, 1);
}

TEST_F(Zones, AClipThatIsOpenAtCtrlCIsPlayable) {
  video("v.mp4", 600);
  // The detector is warmed up in each size that degrade may ask for; there is no need for it here.
  job("{video: v.mp4, realtime: true}",
      "{dir: out/clips, on: [overcrowd], after: 5m, fps: 10}\n"
      "latency: {max_age: 1m, degrade: [fps, size]}");
  Process process({binary(), "run", "job.yaml", "--no-tune", "--progress", "none"}, options());
  ASSERT_TRUE(process.wait_until(
      [&] {
        const std::string text = read_text(folder_ / "out/r.jsonl");
        return std::count(text.begin(), text.end(), '\n') >= 10;
      },
      kPatience_s))
      << process.err_so_far();
  process.signal(SIGINT);
  const ProcessResult result = process.wait();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  ASSERT_EQ(clips().size(), 1u) << "and no partial one";
  EXPECT_THAT(clips()[0].filename().string(), testing::EndsWith("_overcrowd.mp4"));
  EXPECT_GE(pictures_in(clips()[0]), 10);
  EXPECT_GE(records_of(read_text(folder_ / "out/events.jsonl")).size(), 2u);
  EXPECT_EQ(Json::parse(read_text(folder_ / "out/manifest.json")).at("degraded"),
            (Json{{"step", 0}, {"steps", 4}, {"lowered", 0}, {"restored", 0}}));
}

}  // namespace
}  // namespace fovea::test
