// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/pair_stage.hpp"

#include <algorithm>
#include <utility>

namespace fovea::pipeline {
namespace {

class PairFlight : public Flight {
 public:
  PairFlight(std::unique_ptr<Flight> first, std::unique_ptr<Flight> second, std::size_t pictures,
             std::size_t input_bytes)
      : first_(std::move(first)),
        second_(std::move(second)),
        pictures_(pictures),
        inputs_(pictures * input_bytes) {}

  /// Held here, as memory of the device may be slow to read back.
  std::span<std::uint8_t> input(int i) override {
    return std::span(inputs_).subspan(static_cast<std::size_t>(i) * count(), count());
  }

  void submit() override {
    for (Flight* flight : {first_.get(), second_.get()}) {
      for (int i = 0; i < static_cast<int>(pictures_); ++i) {
        std::ranges::copy(input(i), flight->input(i).begin());
      }
      flight->submit();
    }
  }

  std::span<const float> finish() override {
    const auto first = first_->finish(), second = second_->finish();
    const std::size_t row = first.size() / pictures_;
    rows_.clear();
    for (std::size_t i = 0; i < pictures_; ++i) {
      for (const auto& all : {first, second}) {
        const auto one = all.subspan(i * row, row);
        rows_.insert(rows_.end(), one.begin(), one.end());
      }
    }
    return rows_;
  }

 private:
  std::size_t count() const { return inputs_.size() / pictures_; }

  std::unique_ptr<Flight> first_, second_;
  std::size_t pictures_;
  std::vector<std::uint8_t> inputs_;
  std::vector<float> rows_;
};

}  // namespace

PairStage::PairStage(std::unique_ptr<ModelStage> first, std::unique_ptr<ModelStage> second,
                     Compare compare)
    : first_(std::move(first)), second_(std::move(second)), compare_(std::move(compare)) {}

void PairStage::prepare(const Frame& frame, std::span<std::uint8_t> input) const {
  first_->prepare(frame, input);
}

std::unique_ptr<Flight> PairStage::begin(InputSize size, int n) {
  return std::make_unique<PairFlight>(first_->begin(size, n), second_->begin(size, n),
                                      static_cast<std::size_t>(n), input_bytes(size));
}

void PairStage::annotate(Frame& frame, std::span<const float> row) const {
  const std::size_t half = row.size() / 2;
  second_->annotate(frame, row.subspan(half));  // refuses what is not a number
  first_->annotate(frame, row.first(half));
  compare_(frame, row.first(half), row.subspan(half));
}

}  // namespace fovea::pipeline
