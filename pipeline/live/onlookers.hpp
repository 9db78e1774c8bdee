// SPDX-License-Identifier: Apache-2.0
#pragma once
// A run's observers while it goes on: begun before the first source is opened, ended in the
// opposite order, whatever happens.

#include <cstddef>
#include <functional>
#include <vector>

#include "pipeline/live/observer.hpp"

namespace fovea::pipeline {

class Onlookers {
 public:
  /// `observers` is borrowed. Throws what an observer throws; those begun by then are ended.
  Onlookers(const std::vector<LiveObserver*>& observers, const std::function<LiveStatus()>& status)
      : observers_(observers) {
    try {
      for (; begun_ < observers_.size(); ++begun_) observers_[begun_]->begin(status);
    } catch (...) {
      end();
      throw;
    }
  }
  ~Onlookers() { end(); }
  Onlookers(const Onlookers&) = delete;
  Onlookers& operator=(const Onlookers&) = delete;

 private:
  void end() noexcept {
    while (begun_ > 0) observers_[--begun_]->end();
  }

  const std::vector<LiveObserver*>& observers_;
  std::size_t begun_ = 0;
};

}  // namespace fovea::pipeline
