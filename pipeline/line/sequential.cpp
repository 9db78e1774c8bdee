// SPDX-License-Identifier: Apache-2.0
// The slow twin of line.cpp: what the line means, without threads or queues.

#include <memory>
#include <utility>
#include <vector>

#include "pipeline/line/delivery.hpp"
#include "pipeline/line/line.hpp"
#include "pipeline/line/steps.hpp"

namespace fovea::pipeline {

namespace {

/// What a model stage keeps between pictures.
struct ModelState {
  explicit ModelState(ModelStage& m) : model(m), batcher(m.batch()), lander(m) {}
  ModelStage& model;
  InputPool inputs;  // before the batcher, which holds its buffers
  Batcher batcher;
  Lander lander;
};

class Sequence {
 public:
  Sequence(const Chain& chain, Delivery& delivery) : chain_(chain), delivery_(delivery) {
    for (std::size_t i = 0; i < chain.size(); ++i) {
      auto* model = dynamic_cast<ModelStage*>(&chain.stage(i));
      models_.push_back(model ? std::make_unique<ModelState>(*model) : nullptr);
    }
  }

  /// One picture through stage i and all that follow.
  void feed(std::size_t i, Outcome<Frame> frame) {
    if (i == chain_.size()) {
      delivery_.deliver(frame);
      return;
    }
    if (ModelState* state = models_[i].get()) {
      state->batcher.add(prepare_step(state->model, std::move(frame), state->inputs,
                                      chain_.releases_image(i) && !delivery_.wants_image()));
      fly(i);
      return;
    }
    auto& stage = dynamic_cast<FrameStage&>(chain_.stage(i));
    auto kept = apply_step(stage, std::move(frame));
    if (!kept) {
      delivery_.filter(stage.name());
    } else {
      feed(i + 1, std::move(*kept));
    }
  }

  /// The last, short batches of every model, in the order of the chain.
  void finish() {
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      if (!models_[i]) continue;
      models_[i]->batcher.end();
      fly(i);
    }
  }

  std::size_t input_buffers() const {
    std::size_t sum = 0;
    for (const auto& state : models_) sum += state ? state->inputs.allocated() : 0;
    return sum;
  }

 private:
  /// The batches of model i whose time has come.
  void fly(std::size_t i) {
    ModelState& state = *models_[i];
    while (auto gathered = state.batcher.next()) {
      for (auto& frame : state.lander.land(launch(state.model, std::move(*gathered)))) {
        feed(i + 1, std::move(frame));
      }
    }
  }

  const Chain& chain_;
  Delivery& delivery_;
  std::vector<std::unique_ptr<ModelState>> models_;
};

}  // namespace

LineReport run_sequential(Source& source, const Chain& chain, std::span<Sink* const> sinks,
                          const LineOptions& options) {
  Delivery delivery(sinks);
  Sequence sequence(chain, delivery);
  bool interrupted = false;
  try {
    for (std::uint64_t index = 0;; ++index) {
      interrupted = options.stop != nullptr && options.stop->load();
      if (interrupted) break;
      auto packet = source.next();
      if (!packet) break;
      std::visit([&](auto& item) { item.tag.index = index; }, *packet);
      delivery.enter();
      sequence.feed(0, decode_step(chain.decode(), std::move(*packet), delivery.wants_thumbnail()));
    }
    sequence.finish();
  } catch (...) {
    delivery.abandon();
    throw;
  }
  LineReport report;
  report.summary = delivery.finish(interrupted, {});
  report.peak_in_line = delivery.peak_in_line();
  report.input_buffers = sequence.input_buffers();
  return report;
}

}  // namespace fovea::pipeline
