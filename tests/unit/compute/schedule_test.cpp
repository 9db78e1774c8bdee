// SPDX-License-Identifier: Apache-2.0
// Memory and barriers, against a simulation that stores a value's name in every byte.
#include "compute/schedule.hpp"

#include <random>

#include <gtest/gtest.h>

namespace fovea::compute {
namespace {

TEST(Schedule, AChainOfEqualValuesNeedsTwoPlacesAndABarrierAStep) {
  const std::vector<ValueUse> values(5, {100, true});
  const std::vector<StepUse> steps{{{}, {0}}, {{0}, {1}}, {{1}, {2}}, {{2}, {3}}, {{3}, {4}}};
  const Schedule schedule = make_schedule(values, steps, 64);
  EXPECT_EQ(schedule.arena_bytes, 2 * 128u);
  EXPECT_EQ(schedule.unaliased_bytes, 5 * 128u);
  EXPECT_EQ(schedule.barrier_before, (std::vector<bool>{false, true, true, true, true}));
}

TEST(Schedule, IndependentStepsRunWithoutABarrier) {
  const std::vector<ValueUse> values(5, {16, true});
  const std::vector<StepUse> steps{
      {{}, {0}}, {{}, {1}}, {{0, 1}, {2}}, {{0, 1}, {3}}, {{2, 3}, {4}}};
  EXPECT_EQ(make_schedule(values, steps, 16).barrier_before,
            (std::vector<bool>{false, false, true, false, true}));
}

TEST(Schedule, ReusedMemoryIsGuardedAgainstItsFormerReaders) {
  // Value 2 takes value 0's place: the step that writes it must wait for value 0's reader.
  const std::vector<ValueUse> values{{64, true}, {8, false}, {64, true}, {8, false}};
  const std::vector<StepUse> steps{{{}, {0}}, {{0}, {1}}, {{}, {2}}, {{2}, {3}}};
  const Schedule schedule = make_schedule(values, steps, 16);
  ASSERT_EQ(schedule.offset_bytes[0], schedule.offset_bytes[2]);
  EXPECT_EQ(schedule.barrier_before, (std::vector<bool>{false, true, true, true}));
}

struct RandomProgram {
  std::vector<ValueUse> values;
  std::vector<StepUse> steps;
};

RandomProgram random_program(std::mt19937& random) {
  RandomProgram program;
  const auto pick = [&](std::size_t from, std::size_t to) {
    return std::uniform_int_distribution<std::size_t>(from, to)(random);
  };
  const std::size_t count = pick(1, 30);
  for (std::uint32_t v = 0; v < count; ++v) {
    program.values.push_back({pick(1, 300), pick(0, 5) != 0});
    StepUse step;
    step.writes.push_back(v);
    for (std::size_t i = 0; v > 0 && i < pick(0, 3); ++i) {
      step.reads.push_back(static_cast<std::uint32_t>(pick(0, v - 1)));
    }
    program.steps.push_back(step);
  }
  return program;
}

TEST(Schedule, NoRandomProgramReadsBytesThatAnotherValueOverwrote) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    const RandomProgram program = random_program(random);
    const Schedule schedule = make_schedule(program.values, program.steps, 32);
    std::vector<int> arena(schedule.arena_bytes, -1);
    for (const StepUse& step : program.steps) {
      for (const std::uint32_t v : step.reads) {
        if (!program.values[v].in_arena) continue;
        ASSERT_EQ(schedule.offset_bytes[v] % 32, 0u);
        for (std::size_t i = 0; i < program.values[v].size_bytes; ++i) {
          ASSERT_EQ(arena[schedule.offset_bytes[v] + i], static_cast<int>(v)) << "round " << round;
        }
      }
      for (const std::uint32_t v : step.writes) {
        if (!program.values[v].in_arena) continue;
        std::fill_n(arena.begin() + static_cast<std::ptrdiff_t>(schedule.offset_bytes[v]),
                    program.values[v].size_bytes, static_cast<int>(v));
      }
    }
    ASSERT_LE(schedule.arena_bytes, schedule.unaliased_bytes);
  }
}

bool overlap(const RandomProgram& p, const Schedule& s, std::uint32_t a, std::uint32_t b) {
  if (a == b) return true;
  if (!p.values[a].in_arena || !p.values[b].in_arena) return false;
  return s.offset_bytes[a] < s.offset_bytes[b] + p.values[b].size_bytes &&
         s.offset_bytes[b] < s.offset_bytes[a] + p.values[a].size_bytes;
}

TEST(Schedule, EveryConflictOfARandomProgramHasABarrierBetween) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    const RandomProgram program = random_program(random);
    const Schedule schedule = make_schedule(program.values, program.steps, 16);
    for (std::size_t later = 1; later < program.steps.size(); ++later) {
      bool barrier = false;
      for (std::size_t earlier = later; earlier-- > 0;) {
        barrier = barrier || schedule.barrier_before[earlier + 1];
        const auto conflict = [&](const auto& mine, const auto& theirs) {
          for (const std::uint32_t a : mine) {
            for (const std::uint32_t b : theirs) {
              if (overlap(program, schedule, a, b)) return true;
            }
          }
          return false;
        };
        const StepUse &now = program.steps[later], &before = program.steps[earlier];
        if (conflict(now.reads, before.writes) || conflict(now.writes, before.writes) ||
            conflict(now.writes, before.reads)) {
          ASSERT_TRUE(barrier) << "round " << round << " steps " << earlier << " " << later;
        }
      }
    }
  }
}

}  // namespace
}  // namespace fovea::compute
