// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/live_line.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "compute/error.hpp"
#include "pipeline/line/channel.hpp"
#include "pipeline/line/crew.hpp"
#include "pipeline/line/delivery.hpp"
#include "pipeline/line/steps.hpp"
#include "pipeline/live/board.hpp"
#include "pipeline/live/degrade.hpp"
#include "pipeline/live/device_turn.hpp"
#include "pipeline/live/intake.hpp"
#include "pipeline/live/later_stages.hpp"
#include "pipeline/live/onlookers.hpp"
#include "pipeline/live/warm_up.hpp"
#include "pipeline/live/workers.hpp"

namespace fovea::pipeline {

namespace {

using Clock = std::chrono::steady_clock;

// How often a signal is looked for: stopping takes no longer than this to begin.
constexpr std::chrono::milliseconds kLook{50};

/// What serve() hands to collect(): batches on the device, then whose they are, in order.
struct Trip {
  std::optional<Batch> batch;
  std::vector<Rider> riders;
};

/// An outcome on its way to the sinks.
struct Parcel {
  std::size_t source = 0;
  Outcome<Frame> outcome;
};

//   supervisors ▸ slots -frames-> serve (decode ▸ prepare ▸ device) -trips->
//     collect ▸ later stages -parcels-> observers ▸ sinks
class LiveLine {
 public:
  LiveLine(std::vector<LiveSource> sources, const Chain& chain, Delivery& delivery,
           const LiveOptions& options)
      : sources_(std::move(sources)),
        chain_(chain),
        model_(dynamic_cast<ModelStage&>(chain.stage(chain.first_model()))),
        delivery_(delivery),
        options_(options),
        board_(std::make_shared<Board>(names(sources_))),
        slots_(std::make_shared<Slots>(queues(sources_))),
        intake_(sources_, chain, delivery, *board_, *slots_, options.detect_every),
        later_(chain),
        degrade_(options.degrade, options.max_age),
        trips_(2),
        parcels_(2 * batching().most) {
    board_->identify(options.model, options.device);
  }

  void run() {
    const bool shrinks = std::ranges::find(options_.degrade, "size") != options_.degrade.end();
    if (shrinks && !model_.shrink(1)) {
      throw ConfigError("the first model's input cannot be made smaller", "latency.degrade",
                        "leave out size: write degrade: [fps]");
    }
    const Onlookers onlookers(options_.observers, [this] { return status(); });
    if (options_.warm_up) guarded([this] { warm_up(); });
    if (interrupted()) return;
    const Cameras cameras(*this);
    Crew crew([this] { close_all(); });
    crew.spawn([this] { guarded([this] { serve(); }); });
    crew.spawn([this] { guarded([this] { collect(); }); });
    crew.spawn([this] { deliver(); });
    crew.spawn([this] { watch(); });
    crew.join();
  }

  bool interrupted() const { return stopping_.load(); }
  LiveStatus status() const {
    LiveStatus status = board_->snapshot(*slots_);
    status.degraded = degrade_.status();
    return status;
  }

 private:
  static std::vector<Board::SourceNames> names(const std::vector<LiveSource>& sources) {
    std::vector<Board::SourceNames> names;
    for (const LiveSource& source : sources) names.push_back({source.name, source.address});
    return names;
  }
  static std::vector<QueueOptions> queues(const std::vector<LiveSource>& sources) {
    std::vector<QueueOptions> queues;
    for (const LiveSource& source : sources) queues.push_back(source.queue);
    return queues;
  }
  BatchingOptions batching() const {
    BatchingOptions batching = options_.batching;
    batching.most = std::clamp<std::size_t>(batching.most, 1,
                                            static_cast<std::size_t>(std::max(1, model_.batch())));
    return batching;
  }

  /// Pictures that one batch can hold: as many as it may, or as sources keep ready.
  std::size_t largest_batch() const {
    std::size_t rooms = 0;
    for (const LiveSource& source : sources_) rooms += source.queue.room;
    return std::min(batching().most, std::max<std::size_t>(1, rooms));
  }

  void warm_up() {
    if (options_.on_notice) {
      options_.on_notice("warming up: sources are opened once the model's kernels are compiled");
    }
    // In the sizes that frames may come to have, the usual one last.
    std::set<double> sizes;
    for (const DegradeStep& step : degrade_.steps()) sizes.insert(step.size);
    const bool warm = std::ranges::all_of(sizes, [this](double size) {
      model_.shrink(size);
      return pipeline::warm_up(chain_, largest_batch(), options_.stop);
    });
    if (warm) return;
    stopping_ = true;
    for (std::size_t i = 0; i < sources_.size(); ++i) board_->state(i, SourceState::ended, {}, 0);
  }

  /// The supervisors: all of them are told to stop before any is waited for.
  struct Cameras {
    explicit Cameras(LiveLine& line) : supervisors(line.supervisors_) {
      std::lock_guard lock(line.mutex_);
      for (std::size_t i = 0; i < line.sources_.size(); ++i) {
        supervisors.push_back(std::make_unique<Supervisor>(line.sources_[i], i, line.board_,
                                                           line.slots_, line.options_.on_notice));
      }
    }
    ~Cameras() {
      for (auto& supervisor : supervisors) supervisor->cancel();
      for (auto& supervisor : supervisors) supervisor->stop();
    }
    std::vector<std::unique_ptr<Supervisor>>& supervisors;
  };

  // ---- one thread's whole life each ----

  void serve() {
    Workers workers(options_.decode_threads);
    Clock::duration lead{0};  // that preparing takes
    double size = 1;
    while (true) {
      turn_.await_near(lead);
      auto taken = slots_->take(batching());
      if (taken.empty()) break;
      const auto begun = Clock::now();
      const DegradeStep step = degrade_.step();
      if (std::exchange(size, step.size) != step.size) model_.shrink(step.size);
      std::vector<Rider> riders = intake_.prepare(std::move(taken), workers, step.number);
      lead = Clock::now() - begun;
      if (!turn_.await()) break;
      intake_.let_go(riders, stopping_.load());
      if (!depart(std::move(riders))) break;
    }
    trips_.close();
  }

  /// False once the line is closed.
  bool depart(std::vector<Rider> riders) {
    Batcher batcher(model_.batch());
    std::vector<Rider*> passengers;  // by the batcher's numbers
    for (Rider& rider : riders) {
      if (auto* prepared = std::get_if<Prepared>(&rider.item)) {
        batcher.add(std::move(*prepared));
        rider.item = OnDevice{};
        passengers.push_back(&rider);
      }
    }
    batcher.end();
    while (auto gathered = batcher.next()) {
      if (!turn_.take()) return false;
      if (stopping_.load()) stay_behind(*gathered, passengers);
      if (!trips_.push({launch(model_, std::move(*gathered)), {}})) return false;
    }
    return trips_.push({std::nullopt, std::move(riders)});
  }

  /// Stopped while batches of other sizes were on the device: nobody waits for this one.
  void stay_behind(Gathered& batch, const std::vector<Rider*>& passengers) {
    for (auto& [number, picture] : batch.pictures) {
      passengers[static_cast<std::size_t>(number)]->item = LeftBehind{};
      batch.failures.push_back({number, Failure{picture.frame.tag, {}, {}, {}, 0}});
    }
    batch.pictures.clear();
  }

  void collect() {
    std::optional<Lander> lander;
    std::deque<Outcome<Frame>> landed;
    bool open = true;
    while (open) {
      auto trip = trips_.pop();
      if (!trip) break;
      if (trip->batch) {
        if (!lander) lander.emplace(model_);
        for (auto& frame : lander->land(std::move(*trip->batch)))
          landed.push_back(std::move(frame));
        turn_.leave();
        continue;
      }
      lander.reset();  // it numbers what one call of depart() sent
      std::vector<Outcome<Frame>> frames;
      std::vector<const Rider*> riders;
      for (Rider& rider : trip->riders) {
        if (std::holds_alternative<LeftBehind>(rider.item)) {
          slots_->drop(rider.source, DropReason::stop);
          landed.pop_front();
          continue;
        }
        if (const auto* gone = std::get_if<LetGo>(&rider.item)) {
          let_go(rider, gone->stage);
          continue;
        }
        riders.push_back(&rider);
        if (std::holds_alternative<OnDevice>(rider.item)) {
          frames.push_back(std::move(landed.front()));
          landed.pop_front();
        } else if (auto* frame = std::get_if<Frame>(&rider.item)) {
          frames.emplace_back(std::move(*frame));
        } else {
          frames.emplace_back(std::move(std::get<Failure>(rider.item)));
        }
      }
      const auto begun = Clock::now();
      auto kept = later_.apply(std::move(frames));
      const double stages_s = std::chrono::duration<double>(Clock::now() - begun).count() /
                              static_cast<double>(std::max<std::size_t>(1, kept.size()));
      for (std::size_t i = 0; open && i < kept.size(); ++i) {
        open = send_on(*riders[i], std::move(kept[i]), stages_s);
      }
    }
    parcels_.close();
  }

  void let_go(const Rider& rider, std::string_view stage) {
    delivery_.enter();
    board_->filtered(rider.source);
    delivery_.filter(stage);
  }

  bool send_on(const Rider& rider, LaterStages::Applied applied, double stages_s) {
    auto& outcome = applied.outcome;
    if (!outcome) {
      let_go(rider, applied.let_go_by);
      return true;
    }
    delivery_.enter();
    std::visit([this](auto& held) { held.tag.index = index_++; }, *outcome);
    if (auto* frame = std::get_if<Frame>(&*outcome)) {
      if (frame->tag.captured) {
        const auto age = Clock::now() - rider.captured;
        frame->answered = Answered{std::chrono::system_clock::now(),
                                   std::chrono::duration_cast<std::chrono::microseconds>(age)};
        degrade_.answered(frame->answered->age);
      }
      board_->answered(rider.source, *frame, rider.captured, stages_s);
    } else {
      board_->failed(rider.source);
    }
    return parcels_.push({rider.source, std::move(*outcome)});
  }

  void deliver() {
    while (auto parcel = parcels_.pop()) {
      const auto begun = Clock::now();
      if (const auto* frame = std::get_if<Frame>(&parcel->outcome)) {
        for (LiveObserver* observer : options_.observers) {
          observer->answered(parcel->source, *frame);
        }
      }
      delivery_.deliver(parcel->outcome);
      board_->sinks_took(parcel->source,
                         std::chrono::duration<double>(Clock::now() - begun).count());
    }
    end_watch();
  }

  void watch() {
    auto next = Clock::now() + options_.progress_every;
    for (bool over = false; !over;) {
      {
        std::unique_lock lock(mutex_);
        over = watch_ended_.wait_for(lock, kLook, [this] { return over_; });
      }
      if (options_.stop != nullptr && options_.stop->load()) stop();
      degrade();
      if (!options_.on_progress || (!over && Clock::now() < next)) continue;
      next = Clock::now() + options_.progress_every;
      Progress progress = delivery_.progress();
      progress.live = status();
      options_.on_progress(progress);
    }
  }

  void degrade() {
    const auto said = degrade_.look(Clock::now(), slots_->all_dropped(DropReason::age));
    if (!said) return;
    slots_->thin_to(degrade_.step().every);
    if (options_.on_notice) options_.on_notice(*said);
  }

  // ---- stopping ----

  /// No more is taken off the cameras; what is on the device is finished.
  void stop() {
    if (stopping_.exchange(true)) return;
    {
      std::lock_guard lock(mutex_);
      for (auto& supervisor : supervisors_) supervisor->cancel();
    }
    slots_->close();
  }

  void end_watch() {
    {
      std::lock_guard lock(mutex_);
      over_ = true;
    }
    watch_ended_.notify_all();
  }

  void close_all() {
    slots_->close();
    turn_.close();
    trips_.close();
    parcels_.close();
    end_watch();
  }

  template <class Work>
  void guarded(Work work) {
    try {
      work();
    } catch (const GpuError&) {
      board_->lose_device();
      throw;
    }
  }

  const std::vector<LiveSource> sources_;
  const Chain& chain_;
  ModelStage& model_;
  Delivery& delivery_;
  const LiveOptions& options_;
  const std::shared_ptr<Board> board_;
  const std::shared_ptr<Slots> slots_;
  Intake intake_;  // before what may hold its buffers
  LaterStages later_;
  Degrade degrade_;
  std::vector<std::unique_ptr<Supervisor>> supervisors_;

  DeviceTurn turn_;
  Channel<Trip> trips_;
  Channel<Parcel> parcels_;
  std::uint64_t index_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable watch_ended_;
  bool over_ = false;
};

}  // namespace

RunSummary run_live(std::vector<LiveSource> sources, const Chain& chain,
                    std::span<Sink* const> sinks, const LiveOptions& options) {
  Delivery delivery(sinks);
  LiveLine line(std::move(sources), chain, delivery, options);
  try {
    line.run();
  } catch (...) {
    delivery.abandon();
    throw;
  }
  return delivery.finish(line.interrupted(), {}, line.status());
}

}  // namespace fovea::pipeline
