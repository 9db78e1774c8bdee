// SPDX-License-Identifier: Apache-2.0
#include "vision/track/assignment.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace fovea::vision {

std::vector<std::size_t> match_rows(std::span<const double> costs, std::size_t rows,
                                    std::size_t cols, double limit) {
  std::vector<std::size_t> column_of(rows, kUnmatched);
  if (rows == 0 || cols == 0) return column_of;
  // Shortest augmenting paths want no more agents than tasks.
  const bool swapped = rows > cols;
  const std::size_t agents = std::min(rows, cols), tasks = std::max(rows, cols);
  const auto cost = [&](std::size_t agent, std::size_t task) {
    return swapped ? costs[task * cols + agent] : costs[agent * cols + task];
  };
  // A pair at or above the limit is worth as much as none.
  const auto loss = [&](std::size_t agent, std::size_t task) {
    return std::min(cost(agent, task) - limit, 0.0);
  };

  // Task 0 and agent 0 stand for "nobody": everything is counted from 1.
  std::vector<double> agent_price(agents + 1, 0), task_price(tasks + 1, 0);
  std::vector<std::size_t> agent_of(tasks + 1, 0), came_from(tasks + 1, 0);
  for (std::size_t agent = 1; agent <= agents; ++agent) {
    std::vector<double> shortest(tasks + 1, std::numeric_limits<double>::max());
    std::vector<bool> reached(tasks + 1, false);
    std::size_t task = 0;
    agent_of[0] = agent;
    do {
      reached[task] = true;
      const std::size_t from = agent_of[task];
      double least = std::numeric_limits<double>::max();
      std::size_t next = 0;
      for (std::size_t j = 1; j <= tasks; ++j) {
        if (reached[j]) continue;
        const double length = loss(from - 1, j - 1) - agent_price[from] - task_price[j];
        if (length < shortest[j]) {
          shortest[j] = length;
          came_from[j] = task;
        }
        if (shortest[j] < least) {
          least = shortest[j];
          next = j;
        }
      }
      for (std::size_t j = 0; j <= tasks; ++j) {
        if (reached[j]) {
          agent_price[agent_of[j]] += least;
          task_price[j] -= least;
        } else {
          shortest[j] -= least;
        }
      }
      task = next;
    } while (agent_of[task] != 0);
    for (; task != 0; task = came_from[task]) agent_of[task] = agent_of[came_from[task]];
  }

  for (std::size_t task = 1; task <= tasks; ++task) {
    if (agent_of[task] == 0) continue;
    const std::size_t agent = agent_of[task] - 1;
    if (cost(agent, task - 1) >= limit) continue;
    (swapped ? column_of[task - 1] : column_of[agent]) = swapped ? agent : task - 1;
  }
  return column_of;
}

}  // namespace fovea::vision
