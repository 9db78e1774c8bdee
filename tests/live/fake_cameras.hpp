// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cameras that do what a test tells them, and a model that takes as long as it is told.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/live/live_line.hpp"
#include "tests/line/fakes.hpp"

namespace fovea::pipeline::fakes {

using namespace std::chrono_literals;

/// How long a test waits for what must come. Bounds a hang; nothing is measured by it.
inline constexpr std::chrono::seconds kLimit{60};

/// A picture whose number is `i`, for fake_decode().
inline Shot numbered_shot(std::uint64_t i) {
  Packet packet{{}, {}, std::vector<std::byte>(sizeof i)};
  std::memcpy(packet.bytes.data(), &i, sizeof i);
  Shot shot = shot_now(std::move(packet));
  shot.print = i + 1;
  return shot;
}

/// read() of a camera that was opened `attempt` times before; `at` counts its own calls.
using Script = std::function<std::optional<Shot>(int attempt, std::uint64_t at, const Cancel&)>;

class ScriptedCamera : public Camera {
 public:
  ScriptedCamera(Script script, int attempt, const Cancel& cancel)
      : script_(std::move(script)), attempt_(attempt), cancel_(cancel) {}
  std::string mode() const override { return "scripted"; }
  std::optional<Shot> read() override { return script_(attempt_, at_++, cancel_); }

 private:
  Script script_;
  int attempt_;
  std::uint64_t at_ = 0;
  const Cancel& cancel_;
};

inline OpenCamera opens(Script script) {
  return [script = std::move(script),
          attempts = std::make_shared<std::atomic<int>>(0)](const Cancel& cancel) {
    return std::make_unique<ScriptedCamera>(script, attempts->fetch_add(1), cancel);
  };
}

/// Pictures 0 ... n-1 and then the end.
inline Script file_of(std::uint64_t n) {
  return [n](int, std::uint64_t at, const Cancel&) {
    return at < n ? std::optional(numbered_shot(at)) : std::nullopt;
  };
}

/// A picture every so often, without end.
inline Script camera_at(std::chrono::microseconds pause) {
  return [pause](int, std::uint64_t at, const Cancel& cancel) -> std::optional<Shot> {
    if (cancel.load()) return std::nullopt;
    std::this_thread::sleep_for(pause);
    return numbered_shot(at);
  };
}

/// A source of pictures that all must arrive.
inline LiveSource file_source(std::string name, std::uint64_t n) {
  LiveSource source;
  source.name = std::move(name);
  source.open = opens(file_of(n));
  source.watch.finite = true;
  source.queue = {Policy::all, 4, {}, 0};
  source.of_now = false;
  return source;
}

/// A camera that comes back quickly.
inline LiveSource camera_source(std::string name, Script script) {
  LiveSource source;
  source.name = std::move(name);
  source.open = opens(std::move(script));
  source.watch.reconnect_initial = source.watch.reconnect_max = 1ms;
  source.queue = {Policy::newest, 1, {}, 0};
  return source;
}

/// A model whose flights take `inference`; says when each began.
class SlowModel : public ModelStage {
 public:
  explicit SlowModel(int batch, std::chrono::microseconds inference)
      : batch_(batch), inference_(inference) {}
  std::string_view name() const override { return "classify"; }
  std::vector<Data> needs() const override { return {Data::image}; }
  std::vector<Data> gives() const override { return {Data::labels}; }
  int batch() const override { return batch_; }
  int slots() const override { return 2; }
  std::size_t input_bytes(InputSize) const override { return 1; }
  InputSize input_size(const Frame&) const override { return {1, 1}; }
  void prepare(const Frame&, std::span<std::uint8_t>) const override {}
  std::unique_ptr<Flight> begin(InputSize, int n) override {
    pictures_seen += n;
    return std::make_unique<SlowFlight>(n, inference_);
  }
  void annotate(Frame& frame, std::span<const float>) const override {
    frame.labels.push_back({0, "seen", 1});
  }

  std::atomic<int> pictures_seen{0};

 private:
  class SlowFlight : public Flight {
   public:
    SlowFlight(int n, std::chrono::microseconds inference)
        : bytes_(static_cast<std::size_t>(n)), rows_(bytes_.size()), inference_(inference) {}
    std::span<std::uint8_t> input(int i) override {
      return std::span(bytes_).subspan(static_cast<std::size_t>(i), 1);
    }
    void submit() override {}
    std::span<const float> finish() override {
      std::this_thread::sleep_for(inference_);
      return rows_;
    }

   private:
    std::vector<std::uint8_t> bytes_;
    std::vector<float> rows_;
    std::chrono::microseconds inference_;
  };

  int batch_;
  std::chrono::microseconds inference_;
};

/// A model whose first flight comes back only when it is released. Its inputs are of as many sizes
/// as it is told, in turn.
class HeldModel : public SlowModel {
 public:
  explicit HeldModel(int batch = 1, int sizes = 1)
      : SlowModel(batch, std::chrono::microseconds(0)), sizes_(sizes) {}
  InputSize input_size(const Frame& frame) const override {
    return {1 + frame.width_px % sizes_, 1};
  }
  std::unique_ptr<Flight> begin(InputSize size, int n) override {
    return std::make_unique<HeldFlight>(SlowModel::begin(size, n), *this);
  }
  bool holding() const { return holding_; }
  void release() {
    {
      std::lock_guard lock(mutex_);
      released_ = true;
    }
    changed_.notify_all();
  }

 private:
  class HeldFlight : public Flight {
   public:
    HeldFlight(std::unique_ptr<Flight> flight, HeldModel& model)
        : flight_(std::move(flight)), model_(model) {}
    std::span<std::uint8_t> input(int i) override { return flight_->input(i); }
    void submit() override { flight_->submit(); }
    std::span<const float> finish() override {
      std::unique_lock lock(model_.mutex_);
      model_.holding_ = true;
      model_.changed_.wait(lock, [this] { return model_.released_; });
      return flight_->finish();
    }

   private:
    std::unique_ptr<Flight> flight_;
    HeldModel& model_;
  };

  int sizes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  std::atomic<bool> holding_{false};
};

/// Keeps the lines for people that a run gives out. Read them once the run is over.
struct Notices {
  std::vector<std::string> lines;

  LiveOptions options() {
    LiveOptions options;
    options.on_notice = [this](const std::string& line) {
      std::lock_guard lock(mutex_);
      lines.push_back(line);
    };
    return options;
  }

 private:
  std::mutex mutex_;
};

/// Remembers what it saw; a test may wait for it and ask for the status from its own thread.
class Onlooker : public LiveObserver {
 public:
  void begin(std::function<LiveStatus()> status) override {
    std::lock_guard lock(mutex_);
    status_ = std::move(status);
    calls.emplace_back("begin");
  }
  void answered(std::size_t, const Frame& frame) override {
    std::lock_guard lock(mutex_);
    if (frames.size() < keeps_) frames.push_back(frame);
    ++seen_;
    changed_.notify_all();
  }
  void end() noexcept override {
    std::lock_guard lock(mutex_);
    last_ = status_();
    status_ = nullptr;
    calls.emplace_back("end");
  }

  LiveStatus status() const {
    std::lock_guard lock(mutex_);
    return status_ ? status_() : last_;
  }
  /// Keeps no frame from now on, where it is memory that is measured.
  void keep_nothing() {
    std::lock_guard lock(mutex_);
    keeps_ = 0;
  }
  /// `look` at each frame kept so far.
  void each(const std::function<void(const Frame&)>& look) const {
    std::lock_guard lock(mutex_);
    for (const Frame& frame : frames) look(frame);
  }
  /// False when it took longer than kLimit.
  bool wait_for(std::uint64_t frames_seen) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLimit, [&] { return seen_ >= frames_seen; });
  }
  /// Looks every few milliseconds until the status is as wanted.
  bool wait_until(const std::function<bool(const LiveStatus&)>& wanted) const {
    const auto limit = std::chrono::steady_clock::now() + kLimit;
    while (std::chrono::steady_clock::now() < limit) {
      const LiveStatus now = status();
      if (!now.sources.empty() && wanted(now)) return true;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }

  std::vector<std::string> calls;  // once the run is over
  std::vector<Frame> frames;       // the first of them

 private:
  std::size_t keeps_ = 5'000;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<LiveStatus()> status_;
  LiveStatus last_;
  std::uint64_t seen_ = 0;
};

/// A run on a thread of its own.
class LiveRun {
 public:
  LiveRun(std::vector<LiveSource> sources, const Chain& chain, LiveOptions options = {},
          std::vector<Sink*> sinks = {}) {
    options.stop = &stop_;
    options.observers.push_back(&onlooker);
    thread_ = std::thread(
        [this, sources = std::move(sources), &chain, options, sinks = std::move(sinks)]() mutable {
          try {
            summary_ = run_live(std::move(sources), chain, sinks, options);
          } catch (...) {
            thrown_ = std::current_exception();
          }
        });
  }
  ~LiveRun() { stop(); }

  /// As Ctrl-C does; the run may go on for a while.
  void interrupt() { stop_ = true; }
  void stop() {
    interrupt();
    join();
  }
  /// The summary of a run that ended. Throws what it threw.
  RunSummary result() {
    join();
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    return summary_;
  }

  Onlooker onlooker;

 private:
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  std::atomic<bool> stop_{false};
  RunSummary summary_;
  std::exception_ptr thrown_;
  std::thread thread_;
};

/// The frames that a source's counters do not explain; 0 once a run is over.
inline std::int64_t unexplained(const SourceStatus& source) {
  auto sum = static_cast<std::int64_t>(source.captured);
  sum -= static_cast<std::int64_t>(source.answered + source.filtered + source.failed);
  for (const std::uint64_t dropped : source.dropped) sum -= static_cast<std::int64_t>(dropped);
  return sum;
}

inline std::uint64_t dropped(const SourceStatus& source, DropReason reason) {
  return source.dropped[static_cast<std::size_t>(reason)];
}

}  // namespace fovea::pipeline::fakes
