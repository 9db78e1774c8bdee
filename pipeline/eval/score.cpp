// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/score.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

namespace fovea::pipeline {
namespace {

constexpr std::size_t kTop = 5;

double share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Interval wilson_interval(std::uint64_t right, std::uint64_t all) {
  if (all == 0) return {0, 1};
  constexpr double z = 1.959963984540054;  // the normal distribution's 97.5 % quantile
  const auto n = static_cast<double>(all);
  const double p = static_cast<double>(right) / n;
  const double z2 = z * z;
  const double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double reach = z / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {std::max(0.0, middle - reach), std::min(1.0, middle + reach)};
}

ScoreCounter::ScoreCounter(std::vector<std::string> names)
    : names_(std::move(names)), confusion_(names_.size() * (names_.size() + 1)) {}

void ScoreCounter::add(std::size_t truth, std::span<const std::size_t> answers) {
  assert(truth < names_.size());
  const std::size_t width = names_.size() + 1;
  const bool known = !answers.empty() && answers.front() != kNoClass;
  ++confusion_[truth * width + (known ? answers.front() : names_.size())];
  const auto top = answers.first(std::min(kTop, answers.size()));
  if (std::ranges::find(top, truth) != top.end()) ++right_in_top5_;
}

Scores ScoreCounter::scores() const {
  Scores scores;
  scores.confusion = confusion_;
  scores.failed = failed_;
  scores.right_in_top5 = right_in_top5_;
  const std::size_t count = names_.size();
  for (const std::string& name : names_) scores.classes.push_back({.name = name});
  for (std::size_t truth = 0; truth < count; ++truth) {
    for (std::size_t answer = 0; answer <= count; ++answer) {
      const std::uint64_t cell = scores.at(truth, answer);
      scores.classes[truth].pictures += cell;
      if (answer < count) scores.classes[answer].answered += cell;
    }
    scores.classes[truth].right = scores.at(truth, truth);
  }
  std::size_t with_pictures = 0;
  for (ClassScore& one : scores.classes) {
    one.recall = share(one.right, one.pictures);
    one.precision = share(one.right, one.answered);
    one.f1 = share(2 * one.right, one.pictures + one.answered);
    scores.pictures += one.pictures;
    scores.right += one.right;
    if (one.pictures > 0) {
      ++with_pictures;
      scores.mean_recall += one.recall;
    }
  }
  scores.mean_recall /= static_cast<double>(with_pictures);
  scores.top1 = share(scores.right, scores.pictures);
  scores.top5 = share(scores.right_in_top5, scores.pictures);
  scores.top1_interval = wilson_interval(scores.right, scores.pictures);
  return scores;
}

std::vector<Confusion> top_confusions(const Scores& scores, std::size_t most) {
  std::vector<Confusion> all;
  for (std::size_t truth = 0; truth < scores.classes.size(); ++truth) {
    for (std::size_t answer = 0; answer <= scores.classes.size(); ++answer) {
      const std::uint64_t count = scores.at(truth, answer);
      if (truth != answer && count > 0) all.push_back({truth, answer, count});
    }
  }
  std::ranges::stable_sort(
      all, [](const Confusion& a, const Confusion& b) { return a.count > b.count; });
  if (all.size() > most) all.resize(most);
  return all;
}

}  // namespace fovea::pipeline
