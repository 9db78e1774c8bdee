// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/degrade.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace fovea::pipeline {

namespace {

// Fewer frames than this in a window say nothing.
constexpr std::uint64_t kFewest = 3;
// Late ones among them, above which it is too much: one in ten may be an accident.
constexpr std::uint64_t kLateOneIn = 10;

std::string as_text(const DegradeStep& step) {
  if (step.number == 0) return "every frame in full size";
  std::string text = step.every == 1 ? "every frame" : fmt::format("one frame in {}", step.every);
  if (step.size < 1) text += fmt::format(", the detector's input at {:.0f} %", 100 * step.size);
  return text;
}

}  // namespace

Degrade::Degrade(const std::vector<std::string>& measures, std::chrono::milliseconds max_age)
    : max_age_(max_age) {
  const auto add = [this](auto change) {
    DegradeStep step = steps_.back();
    ++step.number;
    change(step);
    steps_.push_back(step);
  };
  for (const std::string& measure : measures) {
    for (const int every : {2, 4}) {
      if (measure == "fps") add([&](DegradeStep& step) { step.every = every; });
    }
    for (const double size : {0.75, 0.5}) {
      if (measure == "size") add([&](DegradeStep& step) { step.size = size; });
    }
  }
}

void Degrade::answered(std::chrono::microseconds age) {
  std::lock_guard lock(mutex_);
  ++(age > max_age_ ? late_ : in_time_);
  oldest_ = std::max(oldest_, age);
}

std::optional<std::string> Degrade::look(Time now, std::uint64_t too_old) {
  std::lock_guard lock(mutex_);
  if (steps_.size() == 1) return std::nullopt;
  if (!begun_) begun_ = now;
  if (now - *begun_ < kWindow) return std::nullopt;
  const std::uint64_t late = late_ + (too_old - too_old_), seen = in_time_ + late;
  const bool overrun = seen >= kFewest && late * kLateOneIn > seen;
  const bool calm = in_time_ > 0 && late == 0 && oldest_ * 2 <= max_age_;
  const bool settled = !std::exchange(settling_, false);
  const Time begun = std::exchange(begun_, now).value();
  too_old_ = too_old;
  in_time_ = late_ = 0;
  oldest_ = {};
  if (!settled) return std::nullopt;
  if (!calm) calm_since_.reset();
  if (overrun && at_ + 1 < steps_.size()) {
    const bool too_early = restored_at_ && now - *restored_at_ <= 2 * patience_;
    patience_ = too_early ? std::min(2 * patience_, kMostPatience) : kPatience;
    restored_at_.reset();
    ++lowered_;
    return change(1, "frames come too late");
  }
  if (!calm || at_ == 0) return std::nullopt;
  if (!calm_since_) calm_since_ = begun;
  if (now - *calm_since_ < patience_) return std::nullopt;
  calm_since_.reset();
  restored_at_ = now;
  ++restored_;
  return change(-1, "there is room again");
}

std::string Degrade::change(int by, const char* why) {
  at_ += static_cast<std::size_t>(by);
  settling_ = true;
  return fmt::format("degrade: {}: {} (step {} of {})", why, as_text(steps_[at_]), at_,
                     steps_.size() - 1);
}

DegradeStep Degrade::step() const {
  std::lock_guard lock(mutex_);
  return steps_[at_];
}

std::optional<Degraded> Degrade::status() const {
  if (steps_.size() == 1) return std::nullopt;
  std::lock_guard lock(mutex_);
  return Degraded{static_cast<int>(at_), static_cast<int>(steps_.size()) - 1, lowered_, restored_};
}

}  // namespace fovea::pipeline
