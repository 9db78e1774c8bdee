// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a stage or sink keeps for each source whose frames come by. Of sources beyond a number
// the one that was silent longest is forgotten, so that memory stays bounded where pictures are
// their own sources. One thread.

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace fovea::pipeline {

template <class State>
class PerSource {
 public:
  explicit PerSource(std::size_t most = 1024) : most_(most) {}

  /// The source's state, made by `make` where there is none. Valid until the next call.
  template <class Make>
  State& of(const std::string& source, Make make) {
    if (const auto found = places_.find(source); found != places_.end()) {
      states_.splice(states_.begin(), states_, found->second);
      return states_.front().second;
    }
    if (states_.size() >= most_) {
      places_.erase(states_.back().first);
      states_.pop_back();
    }
    states_.emplace_front(source, make());
    places_.emplace(source, states_.begin());
    return states_.front().second;
  }

  std::size_t size() const noexcept { return states_.size(); }

  /// Every state, the one used last first.
  template <class Visit>
  void each(Visit visit) {
    for (auto& [source, state] : states_) visit(source, state);
  }

 private:
  using States = std::list<std::pair<std::string, State>>;

  std::size_t most_;
  States states_;
  std::unordered_map<std::string, typename States::iterator> places_;
};

}  // namespace fovea::pipeline
