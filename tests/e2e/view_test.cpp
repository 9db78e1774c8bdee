// SPDX-License-Identifier: Apache-2.0
// The page of a live run, from the command line to what a viewer is sent.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <set>

#include "tests/e2e/e2e_fixture.hpp"
#include "tests/live/mjpeg_server.hpp"
#include "tests/view/stream_reader.hpp"

namespace fovea::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::MjpegServer;
using testing_support::RawAnswer;
using testing_support::StreamReader;

constexpr double kPatience_s = 120;  // only bounds a hang
constexpr const char* kSecret = "hunter2";
constexpr const char* kToken = "correct-horse-battery";
const std::string kBearer = std::string("Authorization: Bearer ") + kToken + "\r\n";

class Page : public EndToEndOnDevice {
 protected:
  /// A camera that grows lighter from picture to picture; it falls silent while `quiet_`.
  MjpegServer server_{[this](int, const MjpegServer::Viewer& viewer) {
    viewer.send(testing_support::stream_head());
    for (int i = 0; !quiet_; ++i) {
      if (!viewer.send(testing_support::jpeg_part(4 * i % 256, 64, 48))) return;
      if (!viewer.rest(std::chrono::milliseconds(20))) return;
    }
    viewer.stay_silent();
  }};
  std::atomic<bool> quiet_{false};
  const std::string address_ = server_.url(std::string("viewer:") + kSecret);

  /// A run of that camera in which whatever the model sees is tracked.
  void write_job() {
    text_file("job.yaml",
              "version: 1\n"
              "sources:\n"
              "  gate: {mjpeg: \"" +
                  address_ +
                  "\", stall_timeout: 1s, reconnect: {initial: 50ms, max: 200ms}}\n"
                  "stages:\n"
                  "  - detect: {model: " +
                  kTinyDetector.string() +
                  ", min_score: 0}\n"
                  "  - track: {low_score: 0, high_score: 0, new_score: 0}\n"
                  "  - zones:\n"
                  "      zones: [{name: bed, polygon: [[0, 0], [0.5, 0], [0.5, 1]]}]\n"
                  "      lines: [{name: door, from: [32, 0], to: [32, 48]}]\n"
                  "sinks: [jsonl: out/r.jsonl]\n"
                  "view: {http: \"127.0.0.1:0\", token: \"${TOKEN}\", fps: 60}\n"
                  "tune: off\n");
  }
  ProcessOptions with_token() const {
    ProcessOptions result = options();
    result.environment["TOKEN"] = kToken;
    return result;
  }
  /// The port that the run says its page is at; 0 when it says none.
  static std::uint16_t port_of(Process& process) {
    static const std::string kSays = "page: http://127.0.0.1:";
    const auto said = [&] { return process.err_so_far().find(kSays) != std::string::npos; };
    EXPECT_TRUE(process.wait_until(said, kPatience_s)) << process.err_so_far();
    if (!said()) return 0;
    const std::string text = process.err_so_far();
    return static_cast<std::uint16_t>(std::stoi(text.substr(text.find(kSays) + kSays.size())));
  }
  static RawAnswer get(std::uint16_t port, const std::string& path) {
    return testing_support::ask(port, "GET", path, kBearer);
  }
  /// Asks for `path` until the answer is as wanted.
  template <class Wanted>
  static bool answers(Process& process, std::uint16_t port, const std::string& path,
                      Wanted wanted) {
    return process.wait_until(
        [&] {
          std::this_thread::sleep_for(std::chrono::milliseconds(100));
          return wanted(get(port, path));
        },
        kPatience_s);
  }
};

TEST_F(Page, ShowsThePicturesAndBoxesOfTheRecords) {
  write_job();
  Process process({binary(), "run", "job.yaml"}, with_token());
  const std::uint16_t port = port_of(process);
  ASSERT_NE(port, 0);
  StreamReader viewer(port, kBearer);
  const Json scene = viewer.next("hello").json.at("scene");
  EXPECT_EQ(scene.at("zones").at(0).at("name"), "bed");
  EXPECT_EQ(scene.at("lines").at(0).at("from"), Json::parse("[32.0, 0.0]"));
  EXPECT_EQ(scene.at("lines").at(0).at("pixels"), true);
  std::map<std::uint64_t, Json> shown;
  std::set<int> greys;
  while (shown.size() < 12) {
    const auto packet = viewer.next("frame");
    ASSERT_FALSE(packet.json.is_null()) << process.err_so_far();
    EXPECT_EQ(packet.json.at("source"), "gate");
    const Json& record = packet.json.at("record");
    shown[record.at("frame").get<std::uint64_t>()] = record;
    const std::vector<unsigned char> bytes(packet.jpeg.begin(), packet.jpeg.end());
    const cv::Mat picture = cv::imdecode(bytes, cv::IMREAD_GRAYSCALE);
    ASSERT_EQ(picture.size(), cv::Size(64, 48));
    greys.insert(picture.at<uchar>(24, 32));
  }
  EXPECT_GT(greys.size(), 6u) << "the picture moves";
  // With a viewer that goes on reading, and one that never does.
  testing_support::RawConnection asleep(port);
  asleep.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n" + kBearer + "\r\n");
  process.signal(SIGINT);
  while (!viewer.next().json.is_null()) {
  }
  EXPECT_EQ(process.wait().exit_code, 130);
  std::size_t boxes = 0;
  for (const Json& record : records_of(read_text(folder_ / "out/r.jsonl"))) {
    const auto found = shown.find(record.at("frame").get<std::uint64_t>());
    if (found == shown.end()) continue;
    EXPECT_EQ(found->second, record);
    boxes += record.at("objects").size();
    shown.erase(found);
  }
  EXPECT_TRUE(shown.empty()) << "of every picture there is a record";
  EXPECT_GT(boxes, 0u);
}

TEST_F(Page, TellsWhenTheSourceFallsSilentAndReturnsAndNeverAPassword) {
  write_job();
  Process process({binary(), "run", "job.yaml"}, with_token());
  const std::uint16_t port = port_of(process);
  ASSERT_NE(port, 0);
  EXPECT_EQ(testing_support::ask(port, "GET", "/status.json").status, 401);
  const auto is_well = [](const RawAnswer& answer) { return answer.status == 200; };
  const auto is_ill = [](const RawAnswer& answer) { return answer.status == 503; };
  const auto state_is = [](const char* state) {
    return [state](const RawAnswer& answer) {
      return Json::parse(answer.body).at("sources").at(0).at("state") == state;
    };
  };
  ASSERT_TRUE(answers(process, port, "/status.json", state_is("running")));
  ASSERT_TRUE(answers(process, port, "/healthz", is_well));
  EXPECT_THAT(get(port, "/metrics").body, HasSubstr("fovea_source_up{source=\"gate\"} 1"));
  std::string all;
  const auto collect = [&] {
    for (const char* path : {"/", "/status.json", "/metrics", "/healthz", "/page.js"}) {
      const RawAnswer answer = get(port, path);
      all += answer.head + answer.body;
    }
    StreamReader viewer(port, kBearer);
    for (int i = 0; i < 3; ++i) {
      const auto packet = viewer.next();
      all += packet.json.dump() + packet.jpeg;
    }
  };
  collect();
  quiet_ = true;
  EXPECT_TRUE(answers(process, port, "/healthz", is_ill));
  collect();
  server_.go_down();
  EXPECT_TRUE(answers(process, port, "/status.json", state_is("backoff")));
  EXPECT_THAT(get(port, "/metrics").body,
              AllOf(HasSubstr("fovea_source_up{source=\"gate\"} 0"),
                    HasSubstr("fovea_source_state{source=\"gate\",state=\"backoff\"} 1")));
  collect();
  quiet_ = false;
  server_.come_up();
  EXPECT_TRUE(answers(process, port, "/status.json", state_is("running")));
  EXPECT_TRUE(answers(process, port, "/healthz", is_well));
  EXPECT_THAT(get(port, "/metrics").body,
              Not(HasSubstr("fovea_reconnects_total{source=\"gate\"} 0")));
  collect();
  process.signal(SIGINT);
  const ProcessResult result = process.wait();
  EXPECT_EQ(result.exit_code, 130);
  all += result.out + result.err;
  for (const auto& file : fs::recursive_directory_iterator(folder_ / "out")) {
    if (file.is_regular_file()) all += read_text(file.path());
  }
  EXPECT_THAT(all, HasSubstr("***:***@127.0.0.1"));
  EXPECT_THAT(all, AllOf(Not(HasSubstr(kSecret)), Not(HasSubstr(kToken))));
}

TEST_F(Page, IsRefusedBeforeAnythingRuns) {
  picture("photos/a.png", 1);
  const auto of_pictures = classify({"photos", "--view"});
  EXPECT_EQ(of_pictures.exit_code, 1);
  EXPECT_THAT(of_pictures.err, HasSubstr("the page is for streams, and there is none"));
  const auto open_to_all = classify({address_, "--view", "0.0.0.0:0"});
  EXPECT_EQ(open_to_all.exit_code, 1);
  EXPECT_THAT(open_to_all.err, AllOf(HasSubstr("asks for no token"), HasSubstr("--view")));
  const auto emitted = classify({address_, "--view", "--emit-yaml"});
  EXPECT_EQ(emitted.exit_code, 0) << emitted.err;
  EXPECT_THAT(emitted.out, HasSubstr("\nview: {}\n"));
}

TEST_F(Page, APortInUseIsSaidAndNothingRuns) {
  const std::string taken = server_.url().substr(std::string("http://").size());
  const std::string port = taken.substr(0, taken.find('/'));
  const auto result = classify({address_, "--view", port, "-o", "r.jsonl"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("is in use by another program"));
  EXPECT_EQ(read_text(folder_ / "r.jsonl"), "");
}

}  // namespace
}  // namespace fovea::test
