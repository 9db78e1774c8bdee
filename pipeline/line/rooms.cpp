// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/rooms.hpp"

#include <algorithm>

namespace fovea::pipeline {

double Room::busy() const {
  const auto open_ns = static_cast<double>((Clock::now() - opened_).count());
  if (open_ns <= 0) return 0;
  const double here_ns =
      static_cast<double>(finished_ns_.load()) + static_cast<double>(present_.load()) * open_ns;
  const double worked_ns = here_ns - static_cast<double>(waits_().count());
  return std::clamp(worked_ns / (open_ns * threads_), 0.0, 1.0);
}

std::string busiest(const std::deque<Room>& rooms) {
  const Room* found = &rooms.front();
  double most = 0;
  for (const Room& room : rooms) {
    const double busy = room.busy();
    if (busy < most) continue;
    most = busy;
    found = &room;
  }
  return found->name();
}

}  // namespace fovea::pipeline
