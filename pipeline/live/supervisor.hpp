// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps one source going: opens its camera, passes its frames on, notices when it falls silent
// or breaks, and opens it again. The camera runs on a thread of its own. Where it does not come
// back when told to, it is given up and left to itself, with all it touches; at most
// kMaxAttempts of one source are ever left, then the source waits for one to come back.
// Thread rule: one owner; what its threads share is inside.

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/live/board.hpp"
#include "pipeline/live/slots.hpp"
#include "pipeline/live/source_watch.hpp"
#include "pipeline/sources/camera.hpp"

namespace fovea::pipeline {

/// One source of a live run.
struct LiveSource {
  std::string name;     // the record's "source"; no passwords
  std::string address;  // what it reads, for people; no passwords
  OpenCamera open;
  WatchOptions watch;
  QueueOptions queue;
  /// Frames are of now: records carry when they were captured and how old they were. Not those of
  /// a file that is read as fast as it can be, nor pictures that come to lie in a folder.
  bool of_now = true;
  /// Of a video file: that it cannot be opened or read on is a result and reaches the sinks as a
  /// Failure. A camera's troubles are counted and tried again.
  std::optional<std::filesystem::path> file;
};

class Supervisor {
 public:
  static constexpr std::size_t kMaxAttempts = 2;
  /// How long stop() waits for a camera.
  static constexpr std::chrono::milliseconds kPatience{1'000};

  /// Begins at once. `board` and `slots` are shared with what may be left behind. `notice` gets
  /// lines for people: the mode once it is known, and every change for the worse or better.
  Supervisor(LiveSource source, std::size_t number, std::shared_ptr<Board> board,
             std::shared_ptr<Slots> slots, std::function<void(const std::string&)> notice);
  /// stop() comes first.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Cancels without waiting; stop() follows.
  void cancel();
  /// Ends the source, within kPatience whatever its camera does.
  void stop();

 private:
  struct Attempt;

  void run();
  void start_attempt();
  void give_up_attempt();
  void take_reports();
  void publish();
  void reap(bool wait);

  const LiveSource source_;
  const std::size_t number_;
  const std::shared_ptr<Board> board_;
  const std::shared_ptr<Slots> slots_;
  const std::function<void(const std::string&)> notice_;

  SourceWatch watch_;
  SourceState published_ = SourceState::connecting;
  std::string published_reason_;
  std::string mode_;
  std::shared_ptr<Attempt> current_;
  struct Left {
    std::shared_ptr<Attempt> attempt;
    std::thread thread;
  };
  std::vector<Left> attempts_;  // whose thread may still run

  /// Also held by attempts, which wake the supervisor by it.
  struct Bell {
    std::mutex mutex;
    std::condition_variable rung;
    bool ringing = false;

    void ring();
  };
  const std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace fovea::pipeline
