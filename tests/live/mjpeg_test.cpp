// SPDX-License-Identifier: Apache-2.0
// MJPEG over HTTP, from a server on the loopback that does what cameras do on a bad day.

#include <gmock/gmock.h>

#include "tests/live/mjpeg_server.hpp"
#include "tests/live/real_decode.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
using namespace testing_support;
using testing::HasSubstr;
using Viewer = MjpegServer::Viewer;

/// Pictures without end, each unlike the one before.
void stream(const Viewer& viewer, int width = 32, int height = 24) {
  for (int i = 0; viewer.send(jpeg_part(40 + i % 100, width, height)); ++i) {
    if (!viewer.rest(1ms)) return;
  }
}

void good_camera(int, const Viewer& viewer) {
  viewer.send(stream_head());
  stream(viewer);
}

SourceConfig mjpeg(const std::string& name, const std::string& url) {
  return quick_config(SourceKind::mjpeg, name, url);
}

bool running(const LiveStatus& status) { return status.sources[0].state == SourceState::running; }

/// Runs until the source gives up its first attempt for the reason that is returned.
std::string first_trouble(const SourceConfig& config) {
  const Chain chain = real_chain();
  LiveRun run(sources_of({config}), chain);
  EXPECT_TRUE(run.onlooker.wait_until(
      [](const LiveStatus& status) { return !status.sources[0].reason.empty(); }));
  return run.onlooker.status().sources[0].reason;
}

TEST(Mjpeg, PicturesArriveAsTheyWereSent) {
  MjpegServer server(good_camera);
  const Chain chain = real_chain();
  LiveRun run(sources_of({mjpeg("cam", server.url())}), chain);
  ASSERT_TRUE(run.onlooker.wait_for(10));
  run.stop();
  for (const Frame& frame : run.onlooker.frames) {
    EXPECT_EQ(frame.width_px, 32);
    EXPECT_EQ(frame.tag.source, "cam");
    // Its grey tells which it was: some may have been let go.
    const auto grey = static_cast<double>(40 + frame.tag.frame % 100);
    EXPECT_NEAR(frame.image.rgb.at<cv::Vec3b>(5, 5)[0], grey, 3) << frame.tag.frame;
  }
  EXPECT_EQ(unexplained(run.result().live->sources[0]), 0);
}

// FOVEA_RESTARTS says how often; each is a server that went away and came back.
TEST(Mjpeg, AServerThatIsKilledAndRestartedIsFoundAgainEachTime) {
  const char* wanted = std::getenv("FOVEA_RESTARTS");
  const int restarts = wanted != nullptr ? std::atoi(wanted) : 5;
  MjpegServer server(good_camera);
  const Chain chain = real_chain();
  LiveRun run(sources_of({mjpeg("cam", server.url())}), chain);
  for (int i = 0; i < restarts; ++i) {
    ASSERT_TRUE(run.onlooker.wait_until(running)) << i;
    server.go_down();
    ASSERT_TRUE(run.onlooker.wait_until([](const LiveStatus& status) { return !running(status); }))
        << i;
    server.come_up();
  }
  ASSERT_TRUE(run.onlooker.wait_until(running));
  EXPECT_GE(run.onlooker.status().sources[0].reconnects, static_cast<std::uint64_t>(restarts));
  run.stop();
}

TEST(Mjpeg, NoServerAtFirstIsNoError) {
  MjpegServer server(good_camera);
  server.go_down();
  const Chain chain = real_chain();
  LiveRun run(sources_of({mjpeg("cam", server.url())}), chain);
  ASSERT_TRUE(run.onlooker.wait_until([](const LiveStatus& status) {
    return status.sources[0].reason == "nothing answers at its address";
  }));
  server.come_up();
  EXPECT_TRUE(run.onlooker.wait_until(running));
  run.stop();
}

/// The trouble with a server that always answers the same.
std::string trouble_with(const std::string& answer, const std::string& user = {}) {
  MjpegServer server([&answer](int, const Viewer& viewer) { viewer.send(answer); });
  return first_trouble(mjpeg("cam", server.url(user)));
}

TEST(Mjpeg, RefusalsHaveReasonsOfTheirOwn) {
  EXPECT_EQ(trouble_with(refusal(404)), "the server has no stream of that name (404)");
  EXPECT_EQ(trouble_with(refusal(401, "WWW-Authenticate: Basic realm=\"cam\"\r\n"), "admin:wrong"),
            "the user name or the password is wrong, or none was given (401)");
  EXPECT_THAT(trouble_with(refusal(503)), HasSubstr("busy"));
  EXPECT_EQ(trouble_with("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n"
                         "\r\nhello"),
            "the address is no MJPEG stream: it sends text/html");
  EXPECT_NE(trouble_with("what is this\r\n\r\n"), "");
}

TEST(Mjpeg, TheRightPasswordOpensTheStream) {
  // "admin:secret" as Basic writes it.
  MjpegServer server([](int connection, const Viewer& viewer) {
    if (viewer.request().find("Authorization: Basic YWRtaW46c2VjcmV0") == std::string::npos) {
      viewer.send(refusal(401, "WWW-Authenticate: Basic realm=\"cam\"\r\n"));
    } else {
      good_camera(connection, viewer);
    }
  });
  const Chain chain = real_chain();
  LiveRun run(sources_of({mjpeg("cam", server.url("admin:secret"))}), chain);
  EXPECT_TRUE(run.onlooker.wait_for(3));
  run.stop();
}

TEST(Mjpeg, SilenceWithoutAnEndIsAStall) {
  MjpegServer server([](int connection, const Viewer& viewer) {
    if (connection > 0) return good_camera(connection, viewer);
    viewer.send(stream_head() + jpeg_part(1) + jpeg_part(2) + "--frame\r\nContent-Le");
    viewer.stay_silent();
  });
  auto config = mjpeg("cam", server.url());
  config.stall_timeout = 100ms;
  const Chain chain = real_chain();
  Notices notices;
  LiveRun run(sources_of({config}), chain, notices.options());
  EXPECT_TRUE(run.onlooker.wait_until([](const LiveStatus& status) {
    return running(status) && status.sources[0].reconnects >= 1;
  }));
  run.stop();
  EXPECT_THAT(notices.lines, testing::Contains("cam: stalled: no picture for 100 ms"));
}

TEST(Mjpeg, AServerThatAcceptsAndSaysNothingIsGivenUp) {
  MjpegServer server([](int, const Viewer& viewer) { viewer.stay_silent(); });
  auto config = mjpeg("cam", server.url());
  config.open_timeout = 50ms;
  EXPECT_THAT(first_trouble(config), testing::AnyOf("no answer within 50 ms", "no answer in time"));
}

TEST(Mjpeg, GarbageIsCountedAndPassed) {
  MjpegServer server([](int, const Viewer& viewer) {
    viewer.send(stream_head());
    const std::string no_jpeg = "--frame\r\nContent-Length: 4\r\n\r\n\xff\xd8no\r\n";
    for (int i = 0; viewer.send(jpeg_part(i) + std::string(500, '\xaa') + jpeg_part(i) + no_jpeg);
         ++i) {
      if (!viewer.rest(5ms)) return;
    }
  });
  LatencyConfig latency;
  latency.policy = Policy::all;
  const Chain chain = real_chain();
  LiveRun run(sources_of({mjpeg("cam", server.url())}, latency), chain);
  ASSERT_TRUE(run.onlooker.wait_for(20));
  run.stop();
  const SourceStatus source = run.result().live->sources[0];
  EXPECT_GE(dropped(source, DropReason::decode), 10u);
  EXPECT_EQ(source.reconnects, 0u);
  EXPECT_EQ(unexplained(source), 0);
}

TEST(Mjpeg, AChangeOfSizeInMidStreamIsNoTrouble) {
  MjpegServer server([](int, const Viewer& viewer) {
    viewer.send(stream_head());
    for (int i = 0; i < 10; ++i) viewer.send(jpeg_part(i, 32, 24));
    viewer.rest(20ms);
    stream(viewer, 64, 48);
  });
  LatencyConfig latency;
  latency.policy = Policy::all;
  const Chain chain = real_chain();
  LiveRun run(sources_of({mjpeg("cam", server.url())}, latency), chain);
  ASSERT_TRUE(run.onlooker.wait_for(20));
  run.stop();
  EXPECT_EQ(run.onlooker.frames.front().width_px, 32);
  EXPECT_EQ(run.onlooker.frames.back().width_px, 64);
  EXPECT_EQ(run.result().live->sources[0].reconnects, 0u);
}

TEST(Mjpeg, TheSamePictureForTooLongIsAStall) {
  const std::string same = jpeg_part(77);
  MjpegServer server([&](int, const Viewer& viewer) {
    viewer.send(stream_head());
    while (viewer.send(same) && viewer.rest(1ms)) {
    }
  });
  auto config = mjpeg("cam", server.url());
  config.frozen_timeout = 100ms;
  EXPECT_EQ(first_trouble(config), "the same picture for 100 ms");
}

/// A camera that sends `pictures` and then nothing more.
MjpegServer::Script counting_camera(int pictures) {
  return [pictures](int, const Viewer& viewer) {
    viewer.send(stream_head());
    for (int i = 0; i < pictures; ++i) viewer.send(jpeg_part(i % 200));
    viewer.stay_silent();
  };
}

TEST(Mjpeg, OneOfFourThatDiesCostsTheOthersNoFrame) {
  constexpr int kPictures = 100;
  MjpegServer dying([](int, const Viewer& viewer) {
    viewer.send(stream_head() + jpeg_part(1));
    viewer.rest(1ms);
  });
  MjpegServer b(counting_camera(kPictures)), c(counting_camera(kPictures)),
      d(counting_camera(kPictures));
  LatencyConfig latency;
  latency.policy = Policy::all;
  const Chain chain = real_chain();
  LiveRun run(sources_of({mjpeg("a", dying.url()), mjpeg("b", b.url()), mjpeg("c", c.url()),
                          mjpeg("d", d.url())},
                         latency),
              chain);
  ASSERT_TRUE(run.onlooker.wait_until([](const LiveStatus& status) {
    return status.sources[0].reconnects >= 5 &&
           std::all_of(status.sources.begin() + 1, status.sources.end(),
                       [](const SourceStatus& source) { return source.answered == kPictures; });
  }));
  run.stop();
  const LiveStatus status = *run.result().live;
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(status.sources[i].captured, kPictures);
    EXPECT_EQ(status.sources[i].reconnects, 0u);
  }
}

TEST(Mjpeg, StoppingDoesNotWaitForASilentCamera) {
  MjpegServer server([](int, const Viewer& viewer) {
    viewer.send(stream_head() + jpeg_part(1));
    viewer.stay_silent();
  });
  const Chain chain = real_chain();
  LiveRun run(sources_of({mjpeg("cam", server.url())}), chain);
  ASSERT_TRUE(run.onlooker.wait_for(1));
  const auto begun = std::chrono::steady_clock::now();
  run.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, kLimit / 4);
}

}  // namespace
}  // namespace fovea::pipeline
