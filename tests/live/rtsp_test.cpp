// SPDX-License-Identifier: Apache-2.0
// RTSP from a real server of the distribution, on the loopback. Skipped by name where GStreamer's
// server is not installed.

#include <set>

#include <gmock/gmock.h>

#include "tests/live/real_decode.hpp"
#include "tests/live/rtsp_server.hpp"
#include "tests/support/places.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
using namespace testing_support;
namespace fs = std::filesystem;

struct Rtsp : testing::Test {
  void SetUp() override {
    static const bool have = have_rtsp_server();
    if (!have) GTEST_SKIP() << "needs gir1.2-gst-rtsp-server-1.0 and GStreamer's plug-ins";
  }
  static SourceConfig rtsp(const std::string& url) {
    return quick_config(SourceKind::rtsp, "cam", url);
  }
  static bool running(const LiveStatus& status) {
    return status.sources[0].state == SourceState::running;
  }
  static std::string first_trouble(const SourceConfig& config) {
    const Chain chain = real_chain();
    LiveRun run(sources_of({config}), chain);
    EXPECT_TRUE(run.onlooker.wait_until(
        [](const LiveStatus& status) { return !status.sources[0].reason.empty(); }));
    return run.onlooker.status().sources[0].reason;
  }
};

TEST_F(Rtsp, AMovingPatternArrivesByEitherTransport) {
  RtspServer server;
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    auto config = rtsp(server.url("/pattern"));
    config.transport = transport;
    const Chain chain = real_chain();
    LiveRun run(sources_of({config}), chain);
    ASSERT_TRUE(run.onlooker.wait_for(10)) << static_cast<int>(transport);
    run.stop();
    EXPECT_EQ(run.onlooker.frames[0].width_px, 320);
    EXPECT_EQ(run.onlooker.frames[0].height_px, 240);
    const SourceStatus source = run.result().live->sources[0];
    EXPECT_THAT(source.mode, testing::HasSubstr("mjpeg"));
    EXPECT_EQ(unexplained(source), 0);
  }
}

TEST_F(Rtsp, ASampleVideoArrivesWithItsSize) {
  const fs::path video = test::shared_data_dir() / "video/car-detection.mp4";
  if (!fs::exists(video)) GTEST_SKIP() << "needs the sample videos (FOVEA_DATA)";
  RtspServer server(video);
  const Chain chain = real_chain();
  LiveRun run(sources_of({rtsp(server.url("/video"))}), chain);
  ASSERT_TRUE(run.onlooker.wait_for(5));
  EXPECT_GE(run.onlooker.frames[0].width_px, 640);
  run.stop();
  EXPECT_THAT(run.result().live->sources[0].mode, testing::HasSubstr("h264"));
}

TEST_F(Rtsp, RefusalsHaveReasonsOfTheirOwn) {
  RtspServer server;
  EXPECT_EQ(first_trouble(rtsp(server.url("/nothing"))),
            "the server has no stream of that name (404)");
  EXPECT_EQ(first_trouble(rtsp(server.url("/locked", "viewer:wrong"))),
            "the user name or the password is wrong, or none was given (401)");
  server.kill();
  EXPECT_EQ(first_trouble(rtsp(server.url("/pattern"))), "Connection refused");
}

TEST_F(Rtsp, TheRightPasswordOpensTheStream) {
  RtspServer server;
  const Chain chain = real_chain();
  LiveRun run(sources_of({rtsp(server.url("/locked", "viewer:secret"))}), chain);
  EXPECT_TRUE(run.onlooker.wait_for(3));
  run.stop();
}

// FOVEA_RESTARTS says how often.
TEST_F(Rtsp, AServerThatIsKilledAndRestartedIsFoundAgainEachTime) {
  const char* wanted = std::getenv("FOVEA_RESTARTS");
  const int restarts = wanted != nullptr ? std::atoi(wanted) : 3;
  RtspServer server;
  const Chain chain = real_chain();
  LiveRun run(sources_of({rtsp(server.url("/pattern"))}), chain);
  for (int i = 0; i < restarts; ++i) {
    ASSERT_TRUE(run.onlooker.wait_until(running)) << i;
    server.kill();
    ASSERT_TRUE(run.onlooker.wait_until([](const LiveStatus& status) { return !running(status); }))
        << i;
    server.start();
  }
  ASSERT_TRUE(run.onlooker.wait_until(running));
  EXPECT_GE(run.onlooker.status().sources[0].reconnects, static_cast<std::uint64_t>(restarts));
  run.stop();
}

TEST_F(Rtsp, SilenceWithoutAnEndIsAStallAndComesBack) {
  RtspServer server;
  auto config = rtsp(server.url("/pattern"));
  config.stall_timeout = 500ms;
  config.open_timeout = 2s;
  const Chain chain = real_chain();
  Notices notices;
  LiveRun run(sources_of({config}), chain, notices.options());
  ASSERT_TRUE(run.onlooker.wait_until(running));
  server.hold();
  ASSERT_TRUE(run.onlooker.wait_until(
      [](const LiveStatus& status) { return status.sources[0].state == SourceState::backoff; }));
  server.go_on();
  EXPECT_TRUE(run.onlooker.wait_until(running));
  run.stop();
  EXPECT_THAT(notices.lines, testing::Contains("cam: stalled: no picture for 500 ms"));
}

TEST_F(Rtsp, AChangeOfSizeInMidStreamIsNoTrouble) {
  RtspServer server;
  const Chain chain = real_chain();
  LiveRun run(sources_of({rtsp(server.url("/resized"))}), chain);
  std::set<int> widths;
  ASSERT_TRUE(run.onlooker.wait_for(1));
  ASSERT_TRUE(run.onlooker.wait_until([&](const LiveStatus&) {
    run.onlooker.each([&](const Frame& frame) { widths.insert(frame.width_px); });
    return widths.size() == 2;
  }));
  EXPECT_THAT(widths, testing::ElementsAre(160, 320));
  run.stop();
  const SourceStatus source = run.result().live->sources[0];
  EXPECT_EQ(source.reconnects, 0u);
  EXPECT_EQ(unexplained(source), 0);
}

TEST_F(Rtsp, TheSamePictureForTooLongIsAStall) {
  RtspServer server;
  auto config = rtsp(server.url("/still"));
  config.frozen_timeout = 300ms;
  EXPECT_EQ(first_trouble(config), "the same picture for 300 ms");
}

}  // namespace
}  // namespace fovea::pipeline
