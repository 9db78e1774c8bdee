// SPDX-License-Identifier: Apache-2.0
// A page over made-up sources, for the browser test: each shows a square that moves as its
// frame's number says, and the record says where it is.
//   view_scene SOURCES [TOKEN]      prints the page's address; then one command a line:
//   run|stall|backoff|end SOURCE, event SOURCE, quit

#include <atomic>
#include <chrono>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "pipeline/view/view.hpp"

namespace {

using namespace fovea::pipeline;

constexpr int kWidth = 640, kHeight = 360, kSide = 80;

/// The square's left edge in frame `number`; tests/view/page_test.mjs computes the same.
int left_of(std::uint64_t number) { return 40 + static_cast<int>(number * 6 % 480); }

Frame frame_of(const std::string& source, std::uint64_t number) {
  Frame frame;
  frame.tag.source = source;
  frame.tag.frame = number;
  frame.width_px = kWidth;
  frame.height_px = kHeight;
  frame.image.rgb = cv::Mat(kHeight, kWidth, CV_8UC3);
  for (int y = 0; y < kHeight; ++y) {
    frame.image.rgb.row(y).setTo(cv::Scalar(60 + y / 6, 80 + y / 6, 100 + y / 6));
  }
  const cv::Rect square(left_of(number), 140, kSide, kSide);
  cv::rectangle(frame.image.rgb, square, cv::Scalar(230, 40, 200), cv::FILLED);
  fovea::vision::Object object;
  object.box = {static_cast<float>(square.x), static_cast<float>(square.y),
                static_cast<float>(square.x + kSide), static_cast<float>(square.y + kSide)};
  object.id = 1;
  object.name = "square";
  object.score = 0.93F;
  object.track = 7;
  if (square.x < kWidth / 2) object.zones = {"left half"};
  frame.looks_for_objects = true;
  frame.objects = {object};
  return frame;
}

class Scenery {
 public:
  explicit Scenery(int sources) {
    status_.model = "made up";
    status_.device = "no device";
    for (int i = 0; i < sources; ++i) {
      SourceStatus& source = status_.sources.emplace_back();
      source.name = "cam" + std::to_string(i + 1);
      source.address = "http://***@127.0.0.1/" + source.name;
      source.mode = "640x360, 12.5 fps";
      source.state = SourceState::running;
    }
  }

  LiveStatus status() {
    const std::lock_guard lock(mutex_);
    status_.uptime_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    return status_;
  }

  void set_state(const std::string& name, SourceState state, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    for (SourceStatus& source : status_.sources) {
      if (source.name != name) continue;
      if (state == SourceState::running && source.state != state) ++source.reconnects;
      source.state = state;
      source.reason = reason;
    }
  }

  /// One more frame of every source that runs.
  void step(View& view, const std::string& event_of) {
    for (std::size_t i = 0; i < status_.sources.size(); ++i) {
      Frame frame;
      {
        const std::lock_guard lock(mutex_);
        SourceStatus& source = status_.sources[i];
        if (source.state != SourceState::running) {
          source.age = source.age.value_or(std::chrono::milliseconds(0)) + kStep;
          continue;
        }
        ++source.captured;
        if (source.captured % 10 == 0 && source.name != event_of) {
          ++source.dropped[static_cast<std::size_t>(DropReason::queue)];
          continue;
        }
        ++source.answered;
        source.age = std::chrono::milliseconds(12);
        source.age_p50 = std::chrono::microseconds(8'200);
        source.age_p95 = std::chrono::microseconds(31'000);
        source.age_p99 = std::chrono::microseconds(44'000);
        frame = frame_of(source.name, source.captured);
        if (source.name == event_of) {
          frame.events = {{"line_cross", "road", "in", 7, "square", 0, ++crossed_}};
        }
      }
      view.answered(i, frame);
    }
  }

  static constexpr std::chrono::milliseconds kStep{80};

 private:
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  LiveStatus status_;
  std::int64_t crossed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 1;
  Scenery scenery(std::stoi(argv[1]));
  ViewOptions options;
  options.address = {"127.0.0.1", 0};
  if (argc > 2) options.token = argv[2];
  options.version = "0.1.0";
  options.board.scene.shapes = {
      {"left half", {{0.02, 0.04}, {0.5, 0.04}, {0.5, 0.96}, {0.02, 0.96}}, ""},
      {"road", {{0.5, 0.2}, {0.5, 0.8}}, "cam1"}};
  options.on_open = [](const std::string& url) { std::cout << url << std::endl; };
  View view(options);
  view.begin([&] { return scenery.status(); });

  std::mutex mutex;
  std::string event_of;
  std::atomic<bool> stop{false};
  std::thread frames([&] {
    while (!stop) {
      std::string now;
      {
        const std::lock_guard lock(mutex);
        now.swap(event_of);
      }
      scenery.step(view, now);
      std::this_thread::sleep_for(Scenery::kStep);
    }
  });
  std::string command, source;
  while (std::cin >> command && command != "quit" && std::cin >> source) {
    if (command == "run") scenery.set_state(source, SourceState::running, "");
    if (command == "stall") {
      scenery.set_state(source, SourceState::stalled, "no new picture for 5 s");
    }
    if (command == "backoff") {
      scenery.set_state(source, SourceState::backoff, "connection refused; next try in 4 s");
    }
    if (command == "end") scenery.set_state(source, SourceState::ended, "");
    if (command == "event") {
      const std::lock_guard lock(mutex);
      event_of = source;
    }
  }
  stop = true;
  frames.join();
  view.end();
}
