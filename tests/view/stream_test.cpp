// SPDX-License-Identifier: Apache-2.0
// The stream of pictures: what it carries, and that no viewer holds up anybody.
#include <chrono>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include "pipeline/view/packet.hpp"
#include "tests/view/stream_reader.hpp"
#include "tests/view/view_fixture.hpp"

namespace fovea::pipeline {
namespace {

using testing_support::Packet;
using testing_support::RawConnection;
using testing_support::StreamReader;
using Clock = std::chrono::steady_clock;

/// Publishes frames of `source` until it is destroyed.
class Publisher {
 public:
  Publisher(View& view, std::size_t source, int width = 320, int height = 240)
      : thread_([this, &view, source, width, height] {
          while (!stop_) {
            view.answered(source, frame_of(published_++, width, height));
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
          }
        }) {}
  ~Publisher() {
    stop_ = true;
    thread_.join();
  }
  std::uint64_t published() const { return published_; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> published_{0};
  std::thread thread_;
};

TEST(ViewStream, GreetsThenTellsStatusAndPictures) {
  ViewOptions options;
  options.board.scene.shapes = {{"door", {{0.1, 0.2}, {0.5, 0.2}, {0.3, 0.9}}, "gate"},
                                {"road", {{0, 0.5}, {1, 0.5}}, ""}};
  OpenView open(options);
  StreamReader reader(open.port());
  EXPECT_THAT(reader.head(), ::testing::HasSubstr("200 OK"));
  const Packet hello = reader.next();
  ASSERT_EQ(hello.json["kind"], "hello");
  EXPECT_EQ(hello.json["scene"]["zones"],
            Json::parse(
                R"([{"name":"door","source":"gate","polygon":[[0.1,0.2],[0.5,0.2],[0.3,0.9]]}])"));
  EXPECT_EQ(hello.json["scene"]["lines"],
            Json::parse(R"([{"name":"road","from":[0.0,0.5],"to":[1.0,0.5]}])"));
  const Packet status = reader.next("status");
  ASSERT_EQ(status.json["sources"].size(), 2u);
  EXPECT_EQ(status.json["sources"][1]["name"], "yard");
  EXPECT_EQ(status.json["sources"][1]["state"], "running");
  EXPECT_EQ(status.json["sources"][1]["newest_ms"], nullptr);

  const Publisher gate(open.view(), 0), yard(open.view(), 1);
  std::map<std::string, int> pictures;
  while (pictures["gate"] < 3 || pictures["yard"] < 3) {
    const Packet frame = reader.next("frame");
    ASSERT_FALSE(frame.json.is_null());
    ++pictures[frame.json["source"].get<std::string>()];
    const std::vector<unsigned char> bytes(frame.jpeg.begin(), frame.jpeg.end());
    const cv::Mat picture = cv::imdecode(bytes, cv::IMREAD_COLOR);
    ASSERT_EQ(picture.size(), cv::Size(320, 240));
    // RGB (10, 120, 200) comes back as BGR, up to JPEG's rounding.
    EXPECT_LT(cv::norm(picture.at<cv::Vec3b>(100, 100), cv::Vec3b(200, 120, 10)), 12);
  }
}

TEST(ViewStream, TellsEventsOfBeforeAndOfNow) {
  OpenView open;
  Frame frame = frame_of(1);
  frame.events = {{"line_cross", "road", "in", 7, "car", 0, 3}};
  open.view().answered(0, frame);
  StreamReader reader(open.port());
  const Json before = reader.next("events").json["events"];
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(before[0]["event"], "line_cross");
  EXPECT_EQ(before[0]["where"], "road");
  EXPECT_EQ(before[0]["track"], 7);
  EXPECT_EQ(before[0]["number"], 1);
  frame.events[0].direction = "out";
  open.view().answered(0, frame);
  const Json now = reader.next("events").json["events"];
  ASSERT_EQ(now.size(), 1u);
  EXPECT_EQ(now[0]["direction"], "out");
  EXPECT_EQ(now[0]["number"], 2);
}

TEST(ViewStream, MakesLargePicturesSmaller) {
  const std::string jpeg =
      encode_picture(picture_to_send(cv::Mat(1080, 1920, CV_8UC3, cv::Scalar::all(9)), 960));
  const std::vector<unsigned char> bytes(jpeg.begin(), jpeg.end());
  EXPECT_EQ(cv::imdecode(bytes, cv::IMREAD_COLOR).size(), cv::Size(960, 540));
  const std::string tall =
      encode_picture(picture_to_send(cv::Mat(3000, 1, CV_8UC3, cv::Scalar::all(9)), 100));
  const std::vector<unsigned char> thin(tall.begin(), tall.end());
  EXPECT_EQ(cv::imdecode(thin, cv::IMREAD_COLOR).size(), cv::Size(1, 100));
}

/// Calls `once` until it holds or a minute is over, which only bounds a hang.
bool comes_true(const std::function<bool()>& once) {
  const auto end = Clock::now() + std::chrono::minutes(1);
  while (!once()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

TEST(ViewStream, ThePictureShowsWhatWasAttendedTo) {
  const cv::Mat rgb(40, 80, CV_8UC3, cv::Scalar::all(200));
  const Attention attention{
      "last layer", {0, 0, 160, 80}, {{.heads = 1, .grid = {1, 2}, .values = {0, 1}, .token = {}}}};
  const cv::Mat sent = picture_to_send(rgb, 960, attention, {160, 80});
  ASSERT_EQ(sent.size(), rgb.size());
  EXPECT_EQ(cv::countNonZero(rgb.reshape(1) != 200), 0) << "the frame keeps its pixels";
  // Yellow over grey at the right, dark violet at the left.
  EXPECT_GT(sent.at<cv::Vec3b>(20, 79)[0], 200);
  EXPECT_LT(sent.at<cv::Vec3b>(20, 79)[2], 120);
  EXPECT_LT(sent.at<cv::Vec3b>(20, 0)[1], 100);
  EXPECT_EQ(picture_to_send(rgb, 40, attention, {160, 80}).size(), cv::Size(40, 20));
}

TEST(ViewBoard, EncodesOnlyWhileSomebodyWatches) {
  std::atomic<int> woken{0};
  ViewBoard board({.fps = 60}, status_of_two, [&] { ++woken; });
  std::uint64_t number = 0;
  const auto publish = [&] { board.publish(0, frame_of(number++)); };
  for (int i = 0; i < 100; ++i) publish();
  EXPECT_EQ(board.encoded(), 0u);
  {
    ViewBoard::Viewer viewer(board);
    EXPECT_TRUE(comes_true([&] { return publish(), board.encoded() >= 3; }));
    EXPECT_GT(woken, 0);
  }
  const std::uint64_t before = board.encoded();
  for (int i = 0; i < 100; ++i) publish();
  EXPECT_LE(board.encoded(), before + 1) << "one may have been under way";
}

TEST(ViewBoard, ShowsTheFirstViewerAPictureAtOnce) {
  ViewBoard board({}, status_of_two, [] {});
  board.publish(0, frame_of(41));
  ViewBoard::Viewer viewer(board);  // nothing is published any more
  ViewBoard::Packet last;
  EXPECT_TRUE(comes_true([&] {
    if (const ViewBoard::Packet packet = viewer.next()) last = packet;
    return last && last->find("\"frame\":41") != std::string::npos;
  }));
}

TEST(ViewBoard, EncodesOnceForManyViewersAndGivesASlowOneTheNewest) {
  ViewBoard board({.fps = 60}, status_of_two, [] {});
  ViewBoard::Viewer slow(board), quick(board);
  std::uint64_t number = 0;
  ViewBoard::Packet seen;
  EXPECT_TRUE(comes_true([&] {
    board.publish(0, frame_of(number++));
    for (ViewBoard::Packet packet; (packet = quick.next());) seen = packet;
    return board.encoded() >= 20;
  }));
  // No frame is under way once as many are encoded after a pause as before.
  EXPECT_TRUE(comes_true([&] {
    const std::uint64_t before = board.encoded();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return board.encoded() == before;
  }));
  for (ViewBoard::Packet packet; (packet = quick.next());) {
    if (packet->find("\"kind\":\"frame\"") != std::string::npos) seen = packet;
  }
  int pictures = 0;
  ViewBoard::Packet got;
  for (ViewBoard::Packet packet; (packet = slow.next());) {
    if (packet->find("\"kind\":\"frame\"") == std::string::npos) continue;
    ++pictures;
    got = packet;
  }
  EXPECT_EQ(pictures, 1) << "all but the newest are skipped";
  EXPECT_EQ(got, seen) << "the same bytes, encoded once";
}

TEST(ViewStream, AViewerThatReadsNothingHoldsUpNobody) {
  OpenView open;
  RawConnection asleep(open.port());
  asleep.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Publisher publisher(open.view(), 0, 960, 720);
  StreamReader awake(open.port());
  for (int i = 0; i < 20; ++i) {
    const Packet frame = awake.next("frame");
    ASSERT_FALSE(frame.json.is_null());
  }
  // It took twenty pictures to get here; the line has published at its own pace all along.
  EXPECT_GT(publisher.published(), 20u);
  EXPECT_EQ(open.get("/healthz").status, 200);
}

TEST(ViewStream, EndsWhateverViewersAreDoing) {
  auto open = std::make_unique<OpenView>();
  RawConnection asleep(open->port()), half(open->port()), idle(open->port());
  asleep.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  half.send("POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\ntok");
  StreamReader awake(open->port());
  {
    const Publisher publisher(open->view(), 0, 960, 720);
    for (int i = 0; i < 5; ++i) awake.next("frame");
  }
  const auto before = Clock::now();
  open->view().end();
  // Far above the second that it may take on a machine that is not busy; a viewer that is
  // waited for would take 10 s and more.
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(5));
  while (!awake.next().json.is_null()) {
  }
}

TEST(ViewStream, AdmitsABoundedNumberOfViewers) {
  OpenView open;
  std::vector<std::unique_ptr<StreamReader>> viewers;
  for (int i = 0; i < View::kMaxViewers; ++i) {
    viewers.push_back(std::make_unique<StreamReader>(open.port()));
    ASSERT_THAT(viewers.back()->head(), ::testing::HasSubstr("200 OK")) << i;
  }
  EXPECT_EQ(open.get("/stream").status, 503);
  viewers.clear();
  // Those that left are noticed with the next status.
  EXPECT_TRUE(comes_true([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    StreamReader again(open.port());
    return again.head().find("200 OK") != std::string::npos;
  }));
}

}  // namespace
}  // namespace fovea::pipeline
