// SPDX-License-Identifier: Apache-2.0
#include "compute/schedule.hpp"

#include <algorithm>
#include <numeric>

namespace fovea::compute {
namespace {

struct Lifetime {
  std::size_t first = SIZE_MAX, last = 0;
  bool meets(const Lifetime& other) const { return first <= other.last && other.first <= last; }
};

std::vector<Lifetime> lifetimes(std::size_t value_count, std::span<const StepUse> steps) {
  std::vector<Lifetime> lives(value_count);
  const auto touch = [&](std::uint32_t value, std::size_t step) {
    lives[value].first = std::min(lives[value].first, step);
    lives[value].last = std::max(lives[value].last, step);
  };
  for (std::size_t step = 0; step < steps.size(); ++step) {
    for (const std::uint32_t value : steps[step].reads) touch(value, step);
    for (const std::uint32_t value : steps[step].writes) touch(value, step);
  }
  return lives;
}

/// A range of bytes in the arena or, for values outside it, the value's own memory.
struct Region {
  std::uint32_t home;  // 0: the arena; else value + 1
  std::size_t begin, end;
  bool overlaps(const Region& other) const {
    return home == other.home && begin < other.end && other.begin < end;
  }
};

/// Largest first, each at the lowest offset free for its whole life.
void assign_offsets(std::span<const ValueUse> values, const std::vector<Lifetime>& lives,
                    std::size_t alignment, Schedule& schedule) {
  const auto aligned = [&](std::size_t size) { return (size + alignment - 1) & ~(alignment - 1); };
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    if (values[i].in_arena) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return values[a].size_bytes > values[b].size_bytes;
  });
  std::vector<std::uint32_t> placed;
  for (const std::uint32_t value : order) {
    std::vector<std::pair<std::size_t, std::size_t>> taken;
    for (const std::uint32_t other : placed) {
      if (!lives[value].meets(lives[other])) continue;
      const std::size_t begin = schedule.offset_bytes[other];
      taken.emplace_back(begin, begin + aligned(values[other].size_bytes));
    }
    std::sort(taken.begin(), taken.end());
    std::size_t offset = 0;
    for (const auto& [begin, end] : taken) {
      if (offset + aligned(values[value].size_bytes) <= begin) break;
      offset = std::max(offset, end);
    }
    schedule.offset_bytes[value] = offset;
    const std::size_t end = offset + aligned(values[value].size_bytes);
    schedule.arena_bytes = std::max(schedule.arena_bytes, end);
    schedule.unaliased_bytes += aligned(values[value].size_bytes);
    placed.push_back(value);
  }
}

}  // namespace

Schedule make_schedule(std::span<const ValueUse> values, std::span<const StepUse> steps,
                       std::size_t alignment) {
  Schedule schedule;
  schedule.offset_bytes.resize(values.size(), 0);
  assign_offsets(values, lifetimes(values.size(), steps), alignment, schedule);

  const auto region = [&](std::uint32_t value) {
    const std::size_t begin = values[value].in_arena ? schedule.offset_bytes[value] : 0;
    return Region{values[value].in_arena ? 0 : value + 1, begin, begin + values[value].size_bytes};
  };
  std::vector<Region> read, written;  // since the last barrier
  const auto hits = [](const std::vector<Region>& regions, const Region& with) {
    return std::any_of(regions.begin(), regions.end(),
                       [&](const Region& r) { return r.overlaps(with); });
  };
  for (const StepUse& step : steps) {
    bool barrier = false;
    for (const std::uint32_t value : step.reads) barrier |= hits(written, region(value));
    for (const std::uint32_t value : step.writes) {
      barrier |= hits(written, region(value)) || hits(read, region(value));
    }
    schedule.barrier_before.push_back(barrier);
    if (barrier) {
      read.clear();
      written.clear();
    }
    for (const std::uint32_t value : step.reads) read.push_back(region(value));
    for (const std::uint32_t value : step.writes) written.push_back(region(value));
  }
  return schedule;
}

}  // namespace fovea::compute
