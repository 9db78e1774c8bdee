// SPDX-License-Identifier: Apache-2.0
// What a run that goes on for days must not do: grow.

#include <gmock/gmock.h>

#include "tests/live/mjpeg_server.hpp"
#include "tests/live/process.hpp"
#include "tests/live/real_decode.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
using namespace testing_support;

constexpr std::uint64_t kMayGrow = 2u << 20;  // bytes

// FOVEA_SOAK=1 takes 100,000 frames; without it a tenth. Memory must not grow in either.
TEST(LiveMemory, MemoryStaysFlatOverManyFrames) {
  const std::uint64_t frames = std::getenv("FOVEA_SOAK") != nullptr ? 100'000 : 10'000;
  const Chain chain = chain_of(fake_decode({}), std::make_unique<SlowModel>(8, 50us));
  LiveRun run({file_source("a", frames / 2), file_source("b", frames / 2)}, chain,
              {.decode_threads = 2});
  run.onlooker.keep_nothing();
  ASSERT_TRUE(run.onlooker.wait_for(frames / 2));
  const std::uint64_t half_way = resident_bytes();
  EXPECT_EQ(run.result().done, frames);
  EXPECT_LT(resident_bytes(), half_way + kMayGrow);
}

TEST(LiveMemory, AThousandReconnectsLeaveNothingBehind) {
  const std::string one = stream_head() + jpeg_part(1, 320, 240);
  // When the server has read a request, the viewer's socket is open and that of the attempt before
  // it is closed: at that moment the same number must be open each time.
  std::atomic<std::size_t> early{0}, late{0};
  MjpegServer server([&](int connection, const MjpegServer::Viewer& viewer) {
    if (connection == 400) early = open_descriptors();
    if (connection == 1'000) late = open_descriptors();
    viewer.send(one);
  });
  auto config = quick_config(SourceKind::mjpeg, "cam", server.url());
  config.reconnect = {1ms, 1ms, 0};
  const Chain chain = real_chain();
  LiveRun run(sources_of({config}), chain);
  run.onlooker.keep_nothing();
  const auto reconnected = [&run](std::uint64_t times) {
    return run.onlooker.wait_until(
        [times](const LiveStatus& status) { return status.sources[0].reconnects >= times; });
  };
  // malloc's arenas and libcurl's tables are there after the first of them.
  ASSERT_TRUE(reconnected(100));
  const std::uint64_t memory = resident_bytes();
  ASSERT_TRUE(reconnected(1'000));
  EXPECT_LT(resident_bytes(), memory + kMayGrow);
  EXPECT_GT(early, 0u);
  EXPECT_EQ(late, early);
  // Between two attempts the camera's own thread may be there or not.
  EXPECT_LE(running_threads(), 16u);
  run.stop();
}

}  // namespace
}  // namespace fovea::pipeline
