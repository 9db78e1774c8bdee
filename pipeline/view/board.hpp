// SPDX-License-Identifier: Apache-2.0
#pragma once
// What there is to see, as packets: the newest picture of each source, how the run is doing,
// and the last events. A viewer takes what is newest when it is ready for more; who is slow
// misses pictures and holds up nobody. Thread-safe.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/frame.hpp"
#include "pipeline/live/status.hpp"
#include "pipeline/view/health.hpp"
#include "pipeline/view/scene.hpp"

namespace fovea::pipeline {

struct ViewBoardOptions {
  int fps = 10;      // pictures a second and source, at most; more cost encoding and network
  int max_px = 960;  // longest side of a picture as it is sent; larger ones are made smaller
  Scene scene;       // drawn over the pictures
};

class ViewBoard {
 public:
  using Packet = std::shared_ptr<const std::string>;
  using Clock = std::chrono::steady_clock;

  /// `wake` is called when there is something new to see; from the board's thread.
  ViewBoard(ViewBoardOptions options, std::function<LiveStatus()> status,
            std::function<void()> wake);
  ~ViewBoard();
  ViewBoard(const ViewBoard&) = delete;
  ViewBoard& operator=(const ViewBoard&) = delete;

  /// Ends the board's thread: `wake` is not called any more.
  void stop();

  /// `source` counts as LiveStatus lists them.
  void publish(std::size_t source, const Frame& frame);

  LiveStatus status() const { return status_(); }
  std::vector<Complaint> complaints(const LiveStatus& status) const;

  /// One who watches, and what it has seen. Pictures are encoded only while there is one.
  class Viewer {
   public:
    explicit Viewer(ViewBoard& board);
    ~Viewer();
    Viewer(const Viewer&) = delete;
    Viewer& operator=(const Viewer&) = delete;
    /// The next packet for it; null where it has seen everything.
    Packet next();

   private:
    ViewBoard& board_;
    bool greeted_ = false;
    std::uint64_t status_ = 0, event_ = 0;
    std::vector<std::uint64_t> pictures_;  // the last of each source
  };

  /// Pictures encoded so far: for tests.
  std::uint64_t encoded() const;

  static constexpr std::chrono::milliseconds kStatusEvery{500};
  static constexpr std::size_t kMaxEvents = 200;

 private:
  struct Slot {
    cv::Mat rgb;                         // of the newest frame, until it is encoded
    std::optional<Attention> attention;  // of the same frame, in pixels of an original of `size`
    cv::Size size;
    std::string record;
    Clock::time_point next_take;
    Packet packet;
    std::uint64_t number = 0;  // of the packet, in the order of all pictures
  };
  void work();
  void refresh_status();
  /// Encodes what waits. True where there was something.
  bool encode_waiting(std::unique_lock<std::mutex>& lock);

  const ViewBoardOptions options_;
  const std::function<LiveStatus()> status_;
  const std::function<void()> wake_;
  const std::vector<std::string> names_;  // of the sources
  mutable std::mutex mutex_;
  std::condition_variable news_;
  bool stop_ = false;
  int viewers_ = 0;
  std::vector<Slot> slots_;  // of each source
  std::uint64_t pictures_ = 0;
  Health health_;
  Packet status_packet_;
  std::uint64_t status_number_ = 0;
  std::deque<std::string> events_;
  std::uint64_t event_number_ = 0;  // of the newest
  std::thread worker_;
};

}  // namespace fovea::pipeline
