// SPDX-License-Identifier: Apache-2.0
#pragma once
// A line without a device: a source that counts, a decoder that fails where told, a model
// that adds, sinks that remember. Every place can be slowed down by random delays.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <opencv2/core.hpp>

#include "compute/error.hpp"
#include "pipeline/line/chain.hpp"
#include "pipeline/line/line.hpp"
#include "pipeline/line/stage.hpp"

namespace fovea::pipeline::fakes {

/// Sleeps 0..max microseconds, now and then; a seed gives a sequence of its own.
class Delay {
 public:
  explicit Delay(int max_us = 0, unsigned seed = 1) : max_us_(max_us), random_(seed) {}
  void operator()() {
    if (max_us_ == 0) return;
    const int us = std::uniform_int_distribution<int>(-max_us_, max_us_)(random_);
    if (us > 0) std::this_thread::sleep_for(std::chrono::microseconds(us));
  }

 private:
  int max_us_;
  std::mt19937 random_;
};

/// Which pictures go wrong, and where.
struct Faults {
  std::set<std::uint64_t> missing, undecodable, unpreparable;
  std::optional<std::uint64_t> fatal_source, fatal_decode, fatal_prepare;
};

class CountingSource : public Source {
 public:
  CountingSource(std::uint64_t n, Faults faults, Delay delay = Delay())
      : n_(n), faults_(std::move(faults)), delay_(delay) {}
  std::optional<Outcome<Packet>> next() override {
    if (at_ == n_) return std::nullopt;
    if (faults_.fatal_source == at_) throw std::runtime_error("source is broken");
    delay_();
    const std::uint64_t i = at_++;
    FrameTag tag{0, fmt::format("picture {}", i), 0};
    if (faults_.missing.contains(i)) return Failure{tag, {}, "source", "no such file", 0};
    Packet packet{tag, {}, std::vector<std::byte>(sizeof i)};
    std::memcpy(packet.bytes.data(), &i, sizeof i);
    return packet;
  }
  std::uint64_t given() const { return at_; }

 private:
  std::uint64_t n_, at_ = 0;
  Faults faults_;
  Delay delay_;
};

/// The picture's number becomes its width.
inline Decode fake_decode(Faults faults, int max_delay_us = 0) {
  return [faults = std::move(faults), max_delay_us](Packet packet) {
    std::uint64_t i = 0;
    std::memcpy(&i, packet.bytes.data(), sizeof i);
    Delay(max_delay_us, static_cast<unsigned>(i))();
    if (faults.fatal_decode == i) throw Error("decoder is broken", "test", "none");
    if (faults.undecodable.contains(i)) throw FrameError("not a picture");
    Frame frame;
    frame.width_px = static_cast<int>(i);
    frame.image.rgb = cv::Mat(2, 3, CV_8UC3, cv::Scalar::all(static_cast<double>(i % 251)));
    return frame;
  };
}

struct ModelOptions {
  int batch = 1, slots = 2, max_delay_us = 0;
  float plus = 0.5f;
  std::uint64_t sizes = 1;          // of inputs; which one a picture has follows from its number
  std::optional<int> fatal_flight;  // finish() of that flight throws
};

/// Answers width * 10 + pixel + plus; checks the line's manners.
class AddingModel : public ModelStage {
 public:
  AddingModel(ModelOptions options, Faults faults)
      : options_(options), faults_(std::move(faults)), delay_(options.max_delay_us, 7) {}

  std::string_view name() const override { return "classify"; }
  std::vector<Data> needs() const override { return {Data::image}; }
  std::vector<Data> gives() const override { return {Data::labels}; }
  int batch() const override { return options_.batch; }
  int slots() const override { return options_.slots; }
  std::size_t input_bytes(InputSize size) const override {
    return sizeof(Input) + static_cast<std::size_t>(size.h - 1);
  }
  /// Pictures of one size come in runs of two, so that both mixing and gathering happen.
  InputSize input_size(const Frame& frame) const override {
    return {1 + static_cast<int>(static_cast<std::uint64_t>(frame.width_px) / 2 % options_.sizes),
            1};
  }

  void prepare(const Frame& frame, std::span<std::uint8_t> bytes) const override {
    const auto i = static_cast<std::uint64_t>(frame.width_px);
    Delay(options_.max_delay_us, static_cast<unsigned>(i))();
    if (faults_.fatal_prepare == i) throw Error("preprocessor is broken", "test", "none");
    if (faults_.unpreparable.contains(i)) throw std::length_error("too long");
    const Input input{static_cast<float>(frame.width_px),
                      static_cast<float>(frame.image.rgb.at<cv::Vec3b>(0, 0)[0])};
    if (bytes.size() != input_bytes(input_size(frame))) throw Error("wrong room", "test", "none");
    std::memcpy(bytes.data(), &input, sizeof input);
  }

  std::unique_ptr<Flight> begin(InputSize size, int n) override {
    if (n < 1 || n > options_.batch) throw std::logic_error("begin() with a wrong size");
    if (++in_air > options_.slots) throw std::logic_error("more flights than slots");
    sizes.push_back(n);
    return std::make_unique<AddingFlight>(*this, input_bytes(size), n, begun_++);
  }

  void annotate(Frame& frame, std::span<const float> row) const override {
    frame.labels.push_back({frame.width_px, fmt::format("{}", row[0]), row[0]});
  }

  std::vector<int> sizes;  // of the flights, in order
  std::atomic<int> in_air{0};

 private:
  struct Input {
    float width = -1, pixel = -1;
  };
  class AddingFlight : public Flight {
   public:
    AddingFlight(AddingModel& model, std::size_t input_bytes, int n, int number)
        : model_(model),
          number_(number),
          inputs_(static_cast<std::size_t>(n), std::vector<std::uint8_t>(input_bytes)) {}
    ~AddingFlight() override { --model_.in_air; }
    std::span<std::uint8_t> input(int i) override {
      return inputs_.at(static_cast<std::size_t>(i));
    }
    void submit() override { submitted_ = true; }
    std::span<const float> finish() override {
      if (!submitted_) throw std::logic_error("finish() before submit()");
      if (model_.options_.fatal_flight == number_) throw GpuError("lost", "test", "none");
      model_.delay_();
      for (const auto& bytes : inputs_) {
        Input input;
        std::memcpy(&input, bytes.data(), sizeof input);
        Frame frame;
        frame.width_px = static_cast<int>(input.width);
        if (bytes.size() != model_.input_bytes(model_.input_size(frame))) {
          throw std::logic_error("a picture among others of another size");
        }
        output_.push_back(input.width * 10 + input.pixel + model_.options_.plus);
      }
      return output_;
    }

   private:
    AddingModel& model_;
    int number_;
    std::vector<std::vector<std::uint8_t>> inputs_;
    std::vector<float> output_;
    bool submitted_ = false;
  };

  ModelOptions options_;
  Faults faults_;
  Delay delay_;  // of finish(): one thread
  int begun_ = 0;
};

/// Keeps the pictures whose number is not a multiple of `every`.
class DropEvery : public FrameStage {
 public:
  explicit DropEvery(int every) : every_(every) {}
  std::string_view name() const override { return "filter"; }
  std::vector<Data> needs() const override { return {Data::labels}; }
  std::vector<Data> gives() const override { return {}; }
  std::optional<Frame> process(Frame frame) override {
    if (frame.width_px % every_ == 0) return std::nullopt;
    if (frame.width_px % 11 == 5) throw FrameError("odd one out");
    return frame;
  }

 private:
  int every_;
};

/// Before the model: lets the picture go whose number is one less than a multiple of `every`.
class EarlyGate : public FrameStage {
 public:
  explicit EarlyGate(int every) : every_(every) {}
  std::string_view name() const override { return "gate"; }
  std::vector<Data> needs() const override { return {Data::image}; }
  std::vector<Data> gives() const override { return {}; }
  std::optional<Frame> process(Frame frame) override {
    if (frame.width_px <= last_) throw std::logic_error("pictures out of order");
    last_ = frame.width_px;
    if (frame.width_px % every_ == every_ - 1) return std::nullopt;
    return frame;
  }

 private:
  int every_, last_ = -1;
};

/// Writes down everything that must not depend on threads.
class Recorder : public Sink {
 public:
  explicit Recorder(Delay delay = Delay()) : delay_(delay) {}
  bool wants_thumbnail() const override { return thumbnails; }
  void write(const Outcome<Frame>& outcome) override {
    if (fatal_at == lines.size()) throw Error("disk is full", "test", "none");
    delay_();
    if (const auto* failure = std::get_if<Failure>(&outcome)) {
      lines.push_back(fmt::format("{} {} failed in {}: {} ({} bytes)", failure->tag.index,
                                  failure->tag.source, failure->stage, failure->reason,
                                  failure->bytes));
      return;
    }
    const auto& frame = std::get<Frame>(outcome);
    std::string labels;
    for (const auto& label : frame.labels) labels += " " + label.name;
    lines.push_back(fmt::format("{} {}:{}", frame.tag.index, frame.tag.source, labels));
    pixels_seen += frame.image.rgb.empty() ? 0 : 1;
    thumbnails_seen += frame.thumbnail.empty() ? 0 : 1;
  }
  void finish(const RunSummary& end) override {
    ++finished;
    summary = end;
  }

  std::vector<std::string> lines;
  std::optional<std::size_t> fatal_at;
  bool thumbnails = false;
  int finished = 0, pixels_seen = 0, thumbnails_seen = 0;
  RunSummary summary;

 private:
  Delay delay_;
};

/// decode ▸ gates ▸ model, and behind it what `later` gives.
inline Chain chain_of(Decode decode, std::unique_ptr<ModelStage> model,
                      std::vector<std::unique_ptr<Stage>> later = {},
                      const std::vector<int>& gates = {}) {
  std::vector<std::unique_ptr<Stage>> stages;
  for (const int every : gates) stages.push_back(std::make_unique<EarlyGate>(every));
  stages.push_back(std::move(model));
  for (auto& stage : later) stages.push_back(std::move(stage));
  return {std::move(decode), std::move(stages)};
}

}  // namespace fovea::pipeline::fakes
