// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counting right and wrong answers, and the figures that follow. Knows nothing of pictures.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fovea::pipeline {

struct Interval {
  double low = 0, high = 1;
};

/// Where the true share lies with 95 % confidence when `right` of `all` were right.
/// Wilson (1927), "Probable inference", J. Am. Stat. Assoc. 22; z = 1.959964. {0, 1} for all = 0.
Interval wilson_interval(std::uint64_t right, std::uint64_t all);

/// One class of the data set. Shares are NaN where nothing was counted.
struct ClassScore {
  std::string name;
  std::uint64_t pictures = 0;  // of this class, read
  std::uint64_t answered = 0;  // how often the model gave this answer
  std::uint64_t right = 0;
  double recall = 0;     // right / pictures
  double precision = 0;  // right / answered
  double f1 = 0;         // 2 right / (pictures + answered)
};

/// One kind of mistake.
struct Confusion {
  std::size_t truth = 0, answer = 0;  // answer == classes.size(): no class of the data set
  std::uint64_t count = 0;
};

struct Scores {
  std::vector<ClassScore> classes;       // in the model's order
  std::vector<std::uint64_t> confusion;  // [classes, classes + 1] row-major: truth, answer
  std::uint64_t pictures = 0, failed = 0;
  std::uint64_t right = 0, right_in_top5 = 0;
  double top1 = 0, top5 = 0;  // NaN when no picture could be read
  Interval top1_interval;
  double mean_recall = 0;  // over classes with pictures: what top1 is when all count the same

  std::uint64_t at(std::size_t truth, std::size_t answer) const {
    return confusion[truth * (classes.size() + 1) + answer];
  }
};

/// Counts answers. Classes are numbered as in `names`; kNoClass is an answer outside them.
class ScoreCounter {
 public:
  static constexpr std::size_t kNoClass = static_cast<std::size_t>(-1);

  explicit ScoreCounter(std::vector<std::string> names);

  /// `answers` are the model's classes, best first; the first five decide top-5.
  /// Requires: truth < names.size().
  void add(std::size_t truth, std::span<const std::size_t> answers);
  void add_failure() { ++failed_; }

  Scores scores() const;

 private:
  std::vector<std::string> names_;
  std::vector<std::uint64_t> confusion_;
  std::uint64_t failed_ = 0, right_in_top5_ = 0;
};

/// The most frequent mistakes, at most `most`, most frequent first.
std::vector<Confusion> top_confusions(const Scores& scores, std::size_t most);

}  // namespace fovea::pipeline
