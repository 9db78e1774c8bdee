// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/deletion_stage.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <random>
#include <utility>

namespace fovea::pipeline {
namespace {

/// The copies of a picture, in the order in which their answers come.
constexpr std::size_t kCopies = 2 * (kDeletionSteps - 1);

class DeletionFlight : public Flight {
 public:
  DeletionFlight(ModelStage& model, InputSize size, const DeletionOptions& options,
                 const DeletionStage::Scores& scores, std::uint64_t seed)
      : model_(model),
        size_(size),
        options_(options),
        scores_(scores),
        seed_(seed),
        input_(model.input_bytes(size)) {}

  /// Held here, as memory of the device may be slow to read back.
  std::span<std::uint8_t> input(int) override { return input_; }

  void submit() override {
    const std::vector<std::vector<std::uint8_t>> whole{input_};
    run(whole);
    const std::vector<float> scores = scores_(input_, size_, rows_);
    rows_.resize(options_.classes);
    std::vector<std::vector<std::uint8_t>> copies;
    copies.reserve(kCopies);
    for (const auto& order : {largest_first(scores), random_order(scores.size(), seed_)}) {
      std::vector<std::uint8_t> pixels = input_;
      std::size_t gone = 0;
      for (std::size_t step = 1; step < kDeletionSteps; ++step) {
        for (; gone < removed_at(step, order.size()); ++gone) paint(pixels, order[gone]);
        copies.push_back(pixels);
      }
    }
    run(copies);
  }

  std::span<const float> finish() override { return rows_; }

 private:
  /// Appends the answers to `inputs`: of one input its whole row.
  void run(std::span<const std::vector<std::uint8_t>> inputs) {
    const auto batch = static_cast<std::size_t>(model_.batch());
    const bool whole_row = inputs.size() == 1;
    while (!inputs.empty()) {
      const auto now = inputs.first(std::min(batch, inputs.size()));
      const auto flight = model_.begin(size_, static_cast<int>(now.size()));
      for (std::size_t i = 0; i < now.size(); ++i) {
        std::ranges::copy(now[i], flight->input(static_cast<int>(i)).begin());
      }
      flight->submit();
      const std::span<const float> rows = flight->finish();
      const std::size_t length = rows.size() / now.size();
      for (std::size_t i = 0; i < now.size(); ++i) {
        const auto row = rows.subspan(i * length, whole_row ? length : options_.classes);
        rows_.insert(rows_.end(), row.begin(), row.end());
      }
      inputs = inputs.subspan(now.size());
    }
  }

  void paint(std::vector<std::uint8_t>& pixels, std::size_t patch) const {
    const auto patch_h = static_cast<std::size_t>(options_.patch_h);
    const auto patch_w = static_cast<std::size_t>(options_.patch_w);
    const auto width = static_cast<std::size_t>(size_.w);
    const std::size_t columns = width / patch_w;
    const std::size_t top = patch / columns * patch_h, left = patch % columns * patch_w;
    for (std::size_t y = top; y < top + patch_h; ++y) {
      for (std::size_t x = left; x < left + patch_w; ++x) {
        std::ranges::copy(options_.colour, &pixels[3 * (y * width + x)]);
      }
    }
  }

  ModelStage& model_;
  InputSize size_;
  const DeletionOptions& options_;
  const DeletionStage::Scores& scores_;
  std::uint64_t seed_;
  std::vector<std::uint8_t> input_;
  std::vector<float> rows_;
};

}  // namespace

DeletionStage::DeletionStage(std::unique_ptr<ModelStage> model, const DeletionOptions& options,
                             Scores scores, Count count)
    : model_(std::move(model)),
      options_(options),
      scores_(std::move(scores)),
      count_(std::move(count)) {}

std::unique_ptr<Flight> DeletionStage::begin(InputSize size, [[maybe_unused]] int n) {
  assert(n == 1);
  return std::make_unique<DeletionFlight>(*model_, size, options_, scores_,
                                          options_.seed + begun_++);
}

void DeletionStage::annotate(Frame& frame, std::span<const float> row) const {
  const auto answer = [&](std::size_t place) {
    const auto logits = row.subspan(place * options_.classes, options_.classes);
    return static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
  };
  DeletedAnswers answers;
  answers.attended[0] = answers.random[0] = answer(0);
  for (std::size_t step = 1; step < kDeletionSteps; ++step) {
    answers.attended[step] = answer(step);
    answers.random[step] = answer(kDeletionSteps - 1 + step);
  }
  count_(frame, answers);
}

std::size_t removed_at(std::size_t step, std::size_t patches) {
  constexpr std::size_t kLast = kDeletionSteps - 1;
  return (step * patches + kLast / 2) / kLast;
}

std::vector<std::size_t> largest_first(std::span<const float> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t patch) { return scores[patch]; });
  return order;
}

std::vector<std::size_t> random_order(std::size_t n, std::uint64_t seed) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  // std::shuffle differs between libraries; the engine does not.
  std::mt19937_64 random(seed);
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

}  // namespace fovea::pipeline
