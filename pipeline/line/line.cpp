// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/line.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/line/channel.hpp"
#include "pipeline/line/crew.hpp"
#include "pipeline/line/delivery.hpp"
#include "pipeline/line/rooms.hpp"
#include "pipeline/line/steps.hpp"

namespace fovea::pipeline {

namespace {

/// The right to have one flight in the air.
struct Slot {};

std::size_t as_size(int n) { return static_cast<std::size_t>(std::max(1, n)); }

/// The arrows into, inside and out of one model stage.
struct ModelArrows {
  ModelArrows(const ModelStage& model, int workers)
      : prepared(as_size(std::max(2 * workers, model.batch())), workers),
        slots(as_size(model.slots())),
        flights(as_size(model.slots())) {
    for (int i = 0; i < model.slots(); ++i) slots.push({});
  }
  InputPool inputs;  // first: outlives what is in the channels
  OrderedChannel<Outcome<Prepared>> prepared;
  Channel<Slot> slots;
  Channel<Batch> flights;
};

//   source -packets-> N x (decode ▸ prepare) -prepared-> submit -flights-> collect
//          -frames-> later stages -frames-> sinks
//
// Where stages stand before the first model, pictures pass them one by one, in order:
//
//   source -packets-> N x decode -decoded-> early stages -frames-> N x prepare -prepared-> ...
class Line {
 public:
  Line(Source& source, const Chain& chain, Delivery& delivery, const LineOptions& options)
      : source_(source),
        chain_(chain),
        delivery_(delivery),
        options_(options),
        workers_(std::max(1, options.decode_threads)),
        packets_(2 * as_size(workers_)),
        decoded_(2 * as_size(workers_), workers_) {
    for (std::size_t i = 0; i < chain.size(); ++i) {
      auto* model = dynamic_cast<ModelStage*>(&chain.stage(i));
      models_.push_back(model ? std::make_unique<ModelArrows>(*model, workers_) : nullptr);
      frames_.emplace_back(model ? 2 * as_size(model->batch()) : 2);
    }
  }

  void run() {
    Crew crew([this] { close_all(); });
    Channel<Outcome<Frame>>* frames = nullptr;  // into the stage at hand
    spawn(crew, room("source", 1, [this] { return packets_.push_wait(); }), [this] { read(); });
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      frames = spawn_stage(crew, i, frames);
    }
    spawn(crew, room("sinks", 1, [frames] { return frames->pop_wait(); }),
          [this, frames] { deliver(*frames); });
    if (options_.on_progress) {
      crew.spawn([this] { watch(); });
      if (options_.count) crew.spawn([this] { total_ = options_.count(over_).value_or(0); });
    }
    crew.join();
  }

  bool interrupted() const { return interrupted_.load(); }
  std::string bottleneck() const { return busiest(rooms_); }
  std::size_t input_buffers() const {
    std::size_t sum = 0;
    for (const auto& model : models_) sum += model ? model->inputs.allocated() : 0;
    return sum;
  }

 private:
  // ---- who stands where ----

  Channel<Outcome<Frame>>* spawn_stage(Crew& crew, std::size_t i, Channel<Outcome<Frame>>* from) {
    auto* to = &frames_[i];
    auto* arrows = models_[i].get();
    if (arrows == nullptr) {
      auto& stage = dynamic_cast<FrameStage&>(chain_.stage(i));
      if (i == 0) {
        auto waits = [this] { return packets_.pop_wait() + decoded_.push_wait(); };
        auto& workers = room("decode", workers_, waits);
        for (int w = 0; w < workers_; ++w) spawn(crew, workers, [this] { decode(); });
        crew.spawn([this, &stage, to] { apply(stage, decoded_, *to); });
      } else {
        crew.spawn([this, &stage, from, to] { apply(stage, *from, *to); });
      }
      return to;
    }
    auto& model = dynamic_cast<ModelStage&>(chain_.stage(i));
    if (i == 0) {
      auto waits = [this, arrows] { return packets_.pop_wait() + arrows->prepared.push_wait(); };
      auto& workers = room("decode", workers_, waits);
      for (int w = 0; w < workers_; ++w) {
        spawn(crew, workers, [this, arrows] { decode_and_prepare(*arrows); });
      }
    } else {
      auto waits = [from, arrows] { return from->pop_wait() + arrows->prepared.push_wait(); };
      auto& workers = room("decode", workers_, waits);
      for (int w = 0; w < workers_; ++w) {
        spawn(crew, workers, [this, i, from, arrows] { prepare(i, *from, *arrows); });
      }
    }
    auto submit_waits = [arrows] {
      return arrows->prepared.pop_wait() + arrows->slots.pop_wait() + arrows->flights.push_wait();
    };
    spawn(crew, room("compute", 1, submit_waits), [this, i, &model, arrows] {
      submit(model, *arrows, /*first=*/i == chain_.first_model());
    });
    auto collect_waits = [arrows, to] { return arrows->flights.pop_wait() + to->push_wait(); };
    spawn(crew, room("compute", 1, collect_waits),
          [&model, arrows, to] { collect(model, *arrows, *to); });
    return to;
  }

  Room& room(std::string name, int threads, std::function<std::chrono::nanoseconds()> waits) {
    return rooms_.emplace_back(std::move(name), threads, std::move(waits));
  }

  static void spawn(Crew& crew, Room& place, std::function<void()> body) {
    crew.spawn([&place, work = std::move(body)] {
      const Room::Shift shift(place);
      work();
    });
  }

  // ---- one thread's whole life each: ends when its input ends or its output is closed ----

  void read() {
    std::uint64_t index = 0;
    while (!stopped()) {
      auto packet = source_.next();
      if (!packet) break;
      std::visit([&](auto& item) { item.tag.index = index++; }, *packet);
      delivery_.enter();
      if (!packets_.push(std::move(*packet))) break;
    }
    if (stopped()) interrupted_ = true;
    packets_.close();
  }

  void decode() {
    while (auto packet = packets_.pop_ticket()) {
      if (!decoded_.push(packet->ticket, decode_step(chain_.decode(), std::move(packet->value),
                                                     delivery_.wants_thumbnail()))) {
        packets_.close();
        break;
      }
    }
    decoded_.leave();
  }

  void decode_and_prepare(ModelArrows& arrows) {
    const auto& model = dynamic_cast<const ModelStage&>(chain_.stage(0));
    while (auto packet = packets_.pop_ticket()) {
      auto frame =
          decode_step(chain_.decode(), std::move(packet->value), delivery_.wants_thumbnail());
      if (!arrows.prepared.push(
              packet->ticket, prepare_step(model, std::move(frame), arrows.inputs,
                                           chain_.releases_image(0) && !delivery_.wants_image()))) {
        packets_.close();
        break;
      }
    }
    arrows.prepared.leave();
  }

  void prepare(std::size_t i, Channel<Outcome<Frame>>& from, ModelArrows& arrows) {
    const auto& model = dynamic_cast<const ModelStage&>(chain_.stage(i));
    while (auto frame = from.pop_ticket()) {
      if (!arrows.prepared.push(
              frame->ticket, prepare_step(model, std::move(frame->value), arrows.inputs,
                                          chain_.releases_image(i) && !delivery_.wants_image()))) {
        from.close();  // stages before it must not wait to hand on what nobody takes
        break;
      }
    }
    arrows.prepared.leave();
  }

  /// The first model's place is where a stopped run is cut: what it has submitted goes on
  /// to the sinks, with what must come before it; the rest is left.
  void submit(ModelStage& model, ModelArrows& arrows, bool first) {
    Batcher batcher(model.batch());
    bool open = true;
    while (open) {
      auto item = arrows.prepared.pop();
      if (!item) {
        batcher.end();
        open = false;
      } else if (first && stopped()) {
        interrupted_ = true;
        arrows.prepared.close();
        batcher.cut();
        open = false;
      } else {
        batcher.add(std::move(*item));
      }
      while (auto gathered = batcher.next()) {
        const bool may_fly = gathered->pictures.empty() || arrows.slots.pop();
        if (may_fly && arrows.flights.push(launch(model, std::move(*gathered)))) continue;
        open = false;
        break;
      }
    }
    arrows.flights.close();
  }

  static void collect(const ModelStage& model, ModelArrows& arrows, Channel<Outcome<Frame>>& to) {
    Lander lander(model);
    bool open = true;
    while (open) {
      auto batch = arrows.flights.pop();
      if (!batch) break;
      const bool flew = batch->flight != nullptr;
      auto frames = lander.land(std::move(*batch));
      if (flew) arrows.slots.push({});  // land() has ended the flight
      for (auto& frame : frames) open = open && to.push(std::move(frame));
    }
    to.close();
  }

  template <class From>
  void apply(FrameStage& stage, From& from, Channel<Outcome<Frame>>& to) {
    while (auto frame = from.pop()) {
      auto kept = apply_step(stage, std::move(*frame));
      if (!kept) {
        delivery_.filter(stage.name());
      } else if (!to.push(std::move(*kept))) {
        from.close();
        break;
      }
    }
    to.close();
  }

  void deliver(Channel<Outcome<Frame>>& from) {
    while (auto outcome = from.pop()) delivery_.deliver(*outcome);
    end_watch();
  }

  void watch() {
    bool over = false;
    while (!over) {
      {
        std::unique_lock lock(watch_mutex_);
        over =
            watch_ended_.wait_for(lock, options_.progress_every, [this] { return over_.load(); });
      }
      Progress progress = delivery_.progress();
      progress.total = total_.load();
      progress.bottleneck = bottleneck();
      options_.on_progress(progress);
    }
  }

  // ---- stopping ----

  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  void end_watch() {
    {
      std::lock_guard lock(watch_mutex_);
      over_ = true;
    }
    watch_ended_.notify_all();
  }

  void close_all() {
    packets_.close();
    decoded_.close();
    for (auto& model : models_) {
      if (!model) continue;
      model->prepared.close();
      model->slots.close();
      model->flights.close();
    }
    for (auto& frames : frames_) frames.close();
    end_watch();
  }

  Source& source_;
  const Chain& chain_;
  Delivery& delivery_;
  const LineOptions& options_;
  const int workers_;

  Channel<Outcome<Packet>> packets_;
  OrderedChannel<Outcome<Frame>> decoded_;            // where the first stage is no model
  std::vector<std::unique_ptr<ModelArrows>> models_;  // by stage; null where it is no model
  std::deque<Channel<Outcome<Frame>>> frames_;        // out of each stage

  std::deque<Room> rooms_;
  std::atomic<bool> interrupted_{false};
  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> total_{0};
  std::mutex watch_mutex_;
  std::condition_variable watch_ended_;
};

}  // namespace

LineReport run_threaded(Source& source, const Chain& chain, std::span<Sink* const> sinks,
                        const LineOptions& options) {
  Delivery delivery(sinks);
  Line line(source, chain, delivery, options);
  try {
    line.run();
  } catch (...) {
    delivery.abandon();
    throw;
  }
  LineReport report;
  report.summary = delivery.finish(line.interrupted(), line.bottleneck());
  report.peak_in_line = delivery.peak_in_line();
  report.input_buffers = line.input_buffers();
  return report;
}

}  // namespace fovea::pipeline
