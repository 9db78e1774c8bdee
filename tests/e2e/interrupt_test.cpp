// SPDX-License-Identifier: Apache-2.0
// Ctrl-C at any moment leaves whole records.
#include <algorithm>
#include <csignal>
#include <memory>

#include <opencv2/videoio.hpp>

#include "tests/e2e/e2e_fixture.hpp"

namespace fovea::test {
namespace {

using testing::HasSubstr;

constexpr double kPatience_s = 120;  // a sanitizer on a busy machine

class Interrupt : public EndToEndOnDevice {
 protected:
  /// A run that waits for more paths; some pictures have gone through when this returns.
  std::unique_ptr<Process> waiting_run() {
    picture("a.png", 1);
    ProcessOptions with = options();
    with.keep_input_open = true;
    auto process = std::make_unique<Process>(
        std::vector<std::string>{binary(), "classify", "-", "-m", kTinyModel.string(), "--batch",
                                 "1", "-o", "out/r.jsonl", "--progress", "lines"},
        with);
    for (int i = 0; i < 20; ++i) process->send("a.png\n");
    EXPECT_TRUE(process->wait_until(
        [&] { return read_text(folder_ / "out/r.jsonl").find('\n') != std::string::npos; },
        kPatience_s))
        << process->err_so_far();
    return process;
  }

  std::ptrdiff_t records_count() const {
    const std::string text = read_text(folder_ / "out/r.jsonl");
    return std::count(text.begin(), text.end(), '\n');
  }
};

TEST_F(Interrupt, OnceFinishesWhatIsInFlight) {
  const auto process = waiting_run();
  process->signal(SIGINT);
  const ProcessResult result = process->wait();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("stopping"));
  EXPECT_THAT(result.err, HasSubstr("interrupted"));
  const auto records = records_of(read_text(folder_ / "out/r.jsonl"));
  EXPECT_GE(records.size(), 1U);
  EXPECT_LE(records.size(), 20U);
  EXPECT_THAT(result.out, HasSubstr("picture"));
  const Json manifest = Json::parse(read_text(folder_ / "out/manifest.json"));
  EXPECT_THAT(manifest.dump(), HasSubstr("\"interrupted\":true"));
}

TEST_F(Interrupt, AVideoIsPlayable) {
  picture("a.png", 1);
  text_file("job.yaml", "version: 1\nsource: \"-\"\nbatch: 1\nstages: [detect: {model: '" +
                            kTinyDetector.string() +
                            "'}]\nsinks: [video: out/v.mp4, jsonl: out/r.jsonl]\n");
  ProcessOptions with = options();
  with.keep_input_open = true;
  Process process({binary(), "run", "job.yaml", "--progress", "none"}, with);
  for (int i = 0; i < 20; ++i) process.send("a.png\n");
  ASSERT_TRUE(process.wait_until([&] { return records_count() >= 3; }, kPatience_s))
      << process.err_so_far();
  process.signal(SIGINT);
  EXPECT_EQ(process.wait().exit_code, 130);
  cv::VideoCapture video((folder_ / "out/v.mp4").string());
  std::ptrdiff_t pictures = 0;
  for (cv::Mat frame; video.read(frame);) ++pictures;
  EXPECT_EQ(pictures, records_count());
  EXPECT_FALSE(fs::exists(folder_ / "out/v.partial.mp4"));
}

TEST_F(Interrupt, TermIsTreatedTheSame) {
  const auto process = waiting_run();
  process->signal(SIGTERM);
  EXPECT_EQ(process->wait().exit_code, 130);
}

TEST_F(Interrupt, InTheMiddleOfAFolderEveryRecordIsWhole) {
  for (int i = 0; i < 400; ++i) picture("p/" + std::to_string(i) + ".png", i, 200, 200);
  Process process({binary(), "classify", "p", "-m", kTinyModel.string(), "--batch", "2", "-o",
                   "out/r.jsonl", "-o", "out/r.csv", "--progress", "none"},
                  options());
  ASSERT_TRUE(process.wait_until([&] { return records_count() >= 5; }, kPatience_s));
  process.signal(SIGINT);
  const ProcessResult result = process.wait();
  const auto records = records_of(read_text(folder_ / "out/r.jsonl"));
  // The run may have been faster than the signal; then it is whole, and says so.
  if (result.exit_code == 0) {
    EXPECT_EQ(records.size(), 400U);
  } else {
    EXPECT_EQ(result.exit_code, 130) << result.err;
    EXPECT_LT(records.size(), 400U);
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].at("source"), "p/" + std::to_string(i) + ".png");
  }
}

TEST_F(Interrupt, KilledAtOnceRecordsAreWholeToo) {
  for (int i = 0; i < 400; ++i) picture("p/" + std::to_string(i) + ".png", i, 200, 200);
  Process process({binary(), "classify", "p", "-m", kTinyModel.string(), "--batch", "2", "-o",
                   "out/r.jsonl", "--progress", "none"},
                  options());
  ASSERT_TRUE(process.wait_until([&] { return records_count() >= 5; }, kPatience_s));
  process.signal(SIGKILL);
  process.wait();
  EXPECT_GE(records_of(read_text(folder_ / "out/r.jsonl")).size(), 5U);
}

}  // namespace
}  // namespace fovea::test
