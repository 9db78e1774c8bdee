// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/channel.hpp"

#include <atomic>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/line/crew.hpp"
#include "pipeline/line/input_pool.hpp"
#include "pipeline/line/rooms.hpp"

namespace fovea::pipeline {
namespace {

using namespace std::chrono_literals;

TEST(Channel, GivesInOrderAndDrainsAfterClose) {
  Channel<int> channel(3);
  EXPECT_TRUE(channel.push(1));
  EXPECT_TRUE(channel.push(2));
  channel.close();
  EXPECT_FALSE(channel.push(3));
  EXPECT_EQ(channel.pop(), 1);
  EXPECT_EQ(channel.pop(), 2);
  EXPECT_EQ(channel.pop(), std::nullopt);
  EXPECT_EQ(channel.pop(), std::nullopt);
}

TEST(Channel, FullBlocksTheWriterAndTheWaitIsCounted) {
  Channel<std::unique_ptr<int>> channel(1);
  ASSERT_TRUE(channel.push(std::make_unique<int>(1)));
  EXPECT_EQ(channel.push_wait(), 0ns);
  std::atomic<bool> through{false};
  std::jthread writer([&] {
    channel.push(std::make_unique<int>(2));
    through = true;
  });
  while (channel.push_wait() == 0ns) std::this_thread::sleep_for(1ms);  // counted while it lasts
  EXPECT_FALSE(through.load());
  const auto so_far = channel.push_wait();
  std::this_thread::sleep_for(5ms);
  EXPECT_GE(channel.push_wait(), so_far + 5ms);
  EXPECT_EQ(**channel.pop(), 1);
  EXPECT_EQ(**channel.pop(), 2);
  writer.join();
  const auto after = channel.push_wait();
  std::this_thread::sleep_for(2ms);
  EXPECT_EQ(channel.push_wait(), after);
}

TEST(Channel, CloseWakesBlockedReadersAndWriters) {
  Channel<int> empty(1), full(1);
  full.push(0);
  std::atomic<int> woken{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] { woken += empty.pop().has_value() ? 100 : 1; });
      threads.emplace_back([&] { woken += full.push(1) ? 100 : 1; });
    }
    std::this_thread::sleep_for(10ms);
    empty.close();
    full.close();
  }
  EXPECT_EQ(woken.load(), 6);
}

TEST(Channel, ManyReadersTakeEveryValueOnceWithItsTicket) {
  constexpr int kCount = 2000;
  Channel<int> channel(4);
  std::vector<std::atomic<int>> taken(kCount);
  {
    std::vector<std::jthread> readers;
    for (int r = 0; r < 4; ++r) {
      readers.emplace_back([&] {
        while (auto item = channel.pop_ticket()) {
          if (item->ticket == static_cast<std::uint64_t>(item->value)) {
            ++taken[static_cast<std::size_t>(item->value)];
          }
        }
      });
    }
    for (int i = 0; i < kCount; ++i) channel.push(i);
    channel.close();
  }
  EXPECT_TRUE(std::all_of(taken.begin(), taken.end(), [](auto& n) { return n == 1; }));
}

TEST(OrderedChannel, RestoresTheOrderOfTickets) {
  constexpr int kCount = 1000;
  for (const std::size_t window : {std::size_t{1}, std::size_t{5}}) {
    Channel<int> work(8);
    OrderedChannel<int> ordered(window, 4);
    std::vector<int> out;
    {
      std::vector<std::jthread> threads;
      threads.emplace_back([&] {
        for (int i = 0; i < kCount; ++i) work.push(i);
        work.close();
      });
      for (int w = 0; w < 4; ++w) {
        threads.emplace_back([&, w] {
          std::mt19937 random(static_cast<unsigned>(w));
          while (auto item = work.pop_ticket()) {
            if (random() % 8 == 0) std::this_thread::sleep_for(100us);
            ordered.push(item->ticket, item->value);
          }
          ordered.leave();
        });
      }
      while (auto value = ordered.pop()) out.push_back(*value);
    }
    std::vector<int> expected(kCount);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(out, expected);
  }
}

TEST(OrderedChannel, HoldsBackWhoRunsTooFarAhead) {
  OrderedChannel<int> ordered(2, 2);
  EXPECT_TRUE(ordered.push(1, 11));
  std::atomic<bool> through{false};
  std::jthread ahead([&] { through = ordered.push(2, 12); });
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(through.load());
  EXPECT_TRUE(ordered.push(0, 10));
  EXPECT_EQ(ordered.pop(), 10);
  EXPECT_EQ(ordered.pop(), 11);
  EXPECT_EQ(ordered.pop(), 12);
  ahead.join();
  EXPECT_TRUE(through.load());
}

TEST(OrderedChannel, CloseWakesEveryone) {
  OrderedChannel<int> ordered(1, 1);
  std::atomic<int> woken{0};
  {
    std::jthread reader([&] { woken += ordered.pop().has_value() ? 100 : 1; });
    std::jthread writer([&] { woken += ordered.push(5, 0) ? 100 : 1; });
    std::this_thread::sleep_for(10ms);
    ordered.close();
  }
  EXPECT_EQ(woken.load(), 2);
}

TEST(Crew, RethrowsTheFirstExceptionAfterStoppingTheRest) {
  Channel<int> never(1);
  Crew crew([&] { never.close(); });
  crew.spawn([&] { never.pop(); });
  crew.spawn([&] { throw std::runtime_error("first"); });
  crew.spawn([&] {
    never.pop();
    throw std::runtime_error("second, because it was stopped");
  });
  try {
    crew.join();
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "first");
  }
}

TEST(Crew, LeavingWithoutJoinStopsEveryone) {
  Channel<int> never(1);
  std::atomic<int> home{0};
  try {
    Crew crew([&] { never.close(); });
    crew.spawn([&] {
      never.pop();
      ++home;
    });
    throw std::runtime_error("the spawning thread failed");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(home.load(), 1);
}

TEST(InputPool, BuffersComeBack) {
  InputPool pool;
  for (int i = 0; i < 100; ++i) {
    InputBuffer a = pool.take(16), b = pool.take(16);
    EXPECT_EQ(a.bytes().size(), 16u);
    EXPECT_NE(a.bytes().data(), b.bytes().data());
    a = std::move(b);
  }
  EXPECT_EQ(pool.allocated(), 2u);
}

TEST(Rooms, TheBusiestIsTheOneThatWaitsLeast) {
  std::deque<Room> rooms;
  rooms.emplace_back("idle", 1, [] { return std::chrono::nanoseconds(1h); });
  rooms.emplace_back("busy", 2, [] { return 0ns; });
  rooms.emplace_back("empty", 1, [] { return 0ns; });
  const Room::Shift idle(rooms[0]), busy(rooms[1]), busy_too(rooms[1]);
  std::this_thread::sleep_for(1ms);
  EXPECT_EQ(rooms[0].busy(), 0);
  EXPECT_GT(rooms[1].busy(), 0.9);
  EXPECT_EQ(rooms[2].busy(), 0);
  EXPECT_EQ(busiest(rooms), "busy");
}

}  // namespace
}  // namespace fovea::pipeline
