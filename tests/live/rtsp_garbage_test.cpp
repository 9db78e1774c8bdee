// SPDX-License-Identifier: Apache-2.0
// Garbage from an RTSP server: in place of its answers, and between and in its pictures. Whatever
// comes, the source survives it, says what is wrong, and takes good pictures as soon as there are
// any.

#include <random>

#include <gmock/gmock.h>

#include "tests/live/real_decode.hpp"
#include "tests/live/rtsp_script.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
using namespace testing_support;
using Viewer = MjpegServer::Viewer;

std::string random_bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() & 0xff);
  return bytes;
}

/// Garbage without what ends a line or begins a packet, for as long as the viewer listens.
void drone(const Viewer& viewer) {
  const std::string noise(4096, '\x81');
  while (viewer.send(noise) && viewer.rest(1ms)) {
  }
}

/// Good pictures from number `first` on, each unlike the one before: so many, or without end.
bool pictures(const Viewer& viewer, int first, int count = 1'000'000) {
  for (int i = first; i < first + count; ++i) {
    const auto number = static_cast<std::uint16_t>(i);
    if (!viewer.send(interleaved(rtp_jpeg(40 + i % 100, number))) || !viewer.rest(2ms))
      return false;
  }
  return true;
}

struct Fault {
  std::string name;
  std::function<void(const Viewer&, unsigned seed)> script;
};

class RtspGarbage : public testing::TestWithParam<Fault> {};

// Three connections of it, then a camera that is well again.
TEST_P(RtspGarbage, IsSurvived) {
  MjpegServer server([&](int connection, const Viewer& viewer) {
    if (connection < 3) {
      GetParam().script(viewer, static_cast<unsigned>(connection));
    } else if (rtsp_shake_hands(viewer)) {
      pictures(viewer, 0);
    }
  });
  auto config = quick_config(SourceKind::rtsp, "cam", rtsp_url(server));
  config.open_timeout = 500ms;
  config.stall_timeout = 300ms;
  const Chain chain = real_chain();
  LiveRun run(sources_of({config}), chain);
  ASSERT_TRUE(run.onlooker.wait_until([&](const LiveStatus& status) {
    return server.connections() > 3 && status.sources[0].state == SourceState::running;
  })) << run.onlooker.status().sources[0].reason;
  const std::uint64_t before = run.onlooker.status().sources[0].answered;
  EXPECT_TRUE(run.onlooker.wait_for(before + 3));
  run.stop();
  const SourceStatus source = run.result().live->sources[0];
  EXPECT_NE(source.reason, "");
  EXPECT_EQ(unexplained(source), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Of, RtspGarbage,
    testing::Values(
        Fault{"NoRtspAtAll",
              [](const Viewer& viewer, unsigned seed) { viewer.send(random_bytes(65'536, seed)); }},
        Fault{"ALineWithoutAnEnd", [](const Viewer& viewer, unsigned) { drone(viewer); }},
        Fault{"ABodyThatDoesNotCome",
              [](const Viewer& viewer, unsigned) {
                viewer.send("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 2147483647\r\n\r\n");
                viewer.stay_silent();
              }},
        Fault{"ALengthBelowZero",
              [](const Viewer& viewer, unsigned) {
                viewer.send("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: -5\r\n\r\n");
                viewer.stay_silent();
              }},
        Fault{"ADescriptionOfNothing",
              [](const Viewer& viewer, unsigned seed) {
                viewer.send(rtsp_answer(viewer.request()));
                const std::string request = viewer.next_request();
                viewer.send(rtsp_answer(request, "Content-Type: application/sdp\r\n",
                                        "v=0\r\nm=video " + random_bytes(2'000, seed)));
                viewer.stay_silent();
              }},
        Fault{"NoiseInPlaceOfPictures",
              [](const Viewer& viewer, unsigned seed) {
                if (rtsp_shake_hands(viewer)) viewer.send(random_bytes(200'000, seed));
              }},
        Fault{"NoiseWithoutAnEndBehindPictures",
              [](const Viewer& viewer, unsigned) {
                if (rtsp_shake_hands(viewer) && pictures(viewer, 0, 20)) drone(viewer);
              }},
        Fault{"PacketsOfNoise",
              [](const Viewer& viewer, unsigned seed) {
                if (!rtsp_shake_hands(viewer) || !pictures(viewer, 0, 20)) return;
                for (unsigned i = 0; i < 400; ++i) {
                  const std::string noise = random_bytes(1 + i * 7 % 1'400, seed * 1'000 + i);
                  if (!viewer.send(interleaved(noise, static_cast<int>(i % 3)))) return;
                }
              }},
        Fault{"PacketsShorterThanTheySay",
              [](const Viewer& viewer, unsigned) {
                if (!rtsp_shake_hands(viewer) || !pictures(viewer, 0, 20)) return;
                viewer.send(interleaved(rtp_jpeg(1, 20)).substr(0, 300));
              }}),
    [](const auto& fault) { return fault.param.name; });

// Of a good camera: damage on the way. It goes on without being opened anew.
TEST(RtspNoise, BetweenAndInPacketsCostsThosePicturesOnly) {
  MjpegServer server([](int, const Viewer& viewer) {
    if (!rtsp_shake_hands(viewer)) return;
    int number = 0;
    while (pictures(viewer, number, 5)) {
      number += 5;
      std::string packet = rtp_jpeg(50, static_cast<std::uint16_t>(number++));
      const std::string noise = random_bytes(packet.size() - 12, static_cast<unsigned>(number));
      packet.replace(12, noise.size(), noise);  // behind a header that is whole
      viewer.send(interleaved(packet) + "no packet\r\n\r\n");
    }
  });
  auto config = quick_config(SourceKind::rtsp, "cam", rtsp_url(server));
  const Chain chain = real_chain();
  LiveRun run(sources_of({config}), chain);
  EXPECT_TRUE(run.onlooker.wait_for(30));
  run.stop();
  const SourceStatus source = run.result().live->sources[0];
  EXPECT_EQ(source.reconnects, 0u);
  EXPECT_EQ(unexplained(source), 0);
}

}  // namespace
}  // namespace fovea::pipeline
