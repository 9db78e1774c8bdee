// SPDX-License-Identifier: Apache-2.0
// A camera on the command line: records, closing words, Ctrl-C, and no password anywhere.
#include <csignal>

#include "tests/e2e/e2e_fixture.hpp"
#include "tests/live/mjpeg_server.hpp"

namespace fovea::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::MjpegServer;

constexpr double kPatience_s = 120;
constexpr const char* kSecret = "hunter2";

class Live : public EndToEndOnDevice {
 protected:
  MjpegServer server_{[](int, const MjpegServer::Viewer& viewer) {
    viewer.send(testing_support::stream_head());
    for (int i = 0; viewer.send(testing_support::jpeg_part(i % 200, 64, 48)); ++i) {
      if (!viewer.rest(std::chrono::milliseconds(5))) return;
    }
  }};
  const std::string address_ = server_.url(std::string("viewer:") + kSecret);

  /// Runs until some frames were answered, then as Ctrl-C ends it.
  ProcessResult run_and_interrupt(const std::vector<std::string>& arguments) {
    Process process(arguments, options());
    EXPECT_TRUE(process.wait_until(
        [&] {
          const std::string text = read_text(folder_ / "out/r.jsonl");
          return std::count(text.begin(), text.end(), '\n') >= 5;
        },
        kPatience_s))
        << process.err_so_far();
    process.signal(SIGINT);
    return process.wait();
  }
};

TEST_F(Live, ACameraIsAnsweredUntilCtrlCAndCountedWhole) {
  const auto result = run_and_interrupt({binary(), "classify", address_, "-m", kTinyModel.string(),
                                         "-o", "out/r.jsonl", "--no-tune"});
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("frames answered"));
  EXPECT_THAT(result.err, HasSubstr("(p50/p95/p99)"));
  const auto records = records_of(read_text(folder_ / "out/r.jsonl"));
  for (const Json& record : records) {
    EXPECT_EQ(record.at("size"), Json::array({64, 48}));
    EXPECT_TRUE(record.contains("t_capture") && record.contains("t_result"));
    EXPECT_GT(record.at("age_ms").get<double>(), 0);
  }
  const Json manifest = Json::parse(read_text(folder_ / "out/manifest.json"));
  const Json& source = manifest.at("sources").at(0);
  std::uint64_t explained = source.at("answered").get<std::uint64_t>() +
                            source.at("filtered").get<std::uint64_t>() +
                            source.at("failed").get<std::uint64_t>();
  for (const auto& [reason, count] : source.at("dropped").items()) {
    explained += count.get<std::uint64_t>();
  }
  EXPECT_EQ(source.at("captured").get<std::uint64_t>(), explained);
  EXPECT_EQ(source.at("answered").get<std::uint64_t>(), records.size());
  EXPECT_EQ(source.at("state"), "ended");
}

TEST_F(Live, ThePasswordIsInNothingThatComesOut) {
  std::string all;
  const auto add = [&](const ProcessResult& result) { all += result.out + result.err; };
  for (const char* progress : {"lines", "json"}) {
    add(run_and_interrupt({binary(), "classify", address_, "-m", kTinyModel.string(), "-o",
                           "out/r.jsonl", "-o", "out/r.csv", "-o", "out/r.html", "--no-tune",
                           "--progress", progress}));
    for (const auto& file : fs::recursive_directory_iterator(folder_)) {
      if (file.is_regular_file()) all += read_text(file.path());
    }
    fs::remove_all(folder_ / "out");
  }
  add(fovea({"classify", address_, "-m", kTinyModel.string(), "--emit-yaml"}));
  std::ofstream(folder_ / "job.yaml")
      << "version: 1\nsource: {mjpeg: \"" << address_ << "\", width: \"" << address_
      << "\"}\nstages: [classify: " << kTinyModel.string() << "]\n";
  add(fovea({"check", "job.yaml"}));
  add(fovea({"check", "job.yaml", "--json"}));
  add(fovea({"run", "job.yaml"}));
  add(fovea({"explain", "job.yaml"}));
  std::ofstream(folder_ / "good.yaml")
      << "version: 1\nsource: {mjpeg: \"" << address_
      << "\"}\nstages: [classify: " << kTinyModel.string() << "]\n";
  add(fovea({"explain", "good.yaml"}));
  add(fovea({"classify", address_ + "/x?password=" + kSecret, "--top", "many"}));
  EXPECT_THAT(all, HasSubstr("***:***@127.0.0.1"));
  EXPECT_THAT(all, Not(HasSubstr(kSecret)));
}

TEST_F(Live, AWatchedFolderTakesWhatComes) {
  picture("inbox/first.png", 1);
  Process process({binary(), "classify", "inbox", "-m", kTinyModel.string(), "--set",
                   "source.watch=true", "-o", "out/r.jsonl", "--no-tune"},
                  options());
  const auto answered = [&](std::size_t count) {
    return process.wait_until(
        [&] {
          const std::string text = read_text(folder_ / "out/r.jsonl");
          return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) >= count;
        },
        kPatience_s);
  };
  ASSERT_TRUE(answered(1)) << process.err_so_far();
  picture("inbox/second.png", 2);
  ASSERT_TRUE(answered(2)) << process.err_so_far();
  process.signal(SIGINT);
  EXPECT_EQ(process.wait().exit_code, 130);
  EXPECT_THAT(sources_of(records_of(read_text(folder_ / "out/r.jsonl"))),
              testing::ElementsAre("inbox/first.png", "inbox/second.png"));
}

}  // namespace
}  // namespace fovea::test
