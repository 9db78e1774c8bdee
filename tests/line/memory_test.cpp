// SPDX-License-Identifier: Apache-2.0
// Memory is bounded by the queues: counted in pictures, pixel buffers and model inputs.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "pipeline/line/input_pool.hpp"
#include "tests/line/fakes.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;

/// Counts the pixel buffers alive in the whole process.
class CountingAllocator : public cv::MatAllocator {
 public:
  cv::UMatData* allocate(int dims, const int* sizes, int type, void* data, std::size_t* step,
                         cv::AccessFlag flags, cv::UMatUsageFlags usage) const override {
    auto* u = cv::Mat::getStdAllocator()->allocate(dims, sizes, type, data, step, flags, usage);
    u->prevAllocator = u->currAllocator = this;
    const int now = ++live;
    int most = peak;
    while (now > most && !peak.compare_exchange_weak(most, now)) {
    }
    return u;
  }
  bool allocate(cv::UMatData* data, cv::AccessFlag, cv::UMatUsageFlags) const override {
    return data != nullptr;
  }
  void deallocate(cv::UMatData* data) const override {
    --live;
    cv::Mat::getStdAllocator()->deallocate(data);
  }
  mutable std::atomic<int> live{0}, peak{0};
};

struct Used {
  std::uint64_t in_line;
  std::size_t inputs;
  int pixel_buffers;
};

/// The sink is the slowest place, so that every queue fills to its depth.
Used use(std::uint64_t n, ModelOptions model, int threads, bool thumbnails,
         const Faults& faults = {}) {
  static CountingAllocator allocator;
  cv::MatAllocator* before = cv::Mat::getDefaultAllocator();
  cv::Mat::setDefaultAllocator(&allocator);
  allocator.peak = 0;
  CountingSource source(n, faults);
  struct SlowSink : Recorder {
    void write(const Outcome<Frame>& outcome) override {
      Recorder::write(outcome);
      lines.clear();  // what it remembers is no memory of the line
      if (++written % 32 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    int written = 0;
  } sink;
  sink.thumbnails = thumbnails;
  Sink* sinks[] = {&sink};
  const Chain chain = chain_of(fake_decode(faults), std::make_unique<AddingModel>(model, faults));
  const auto report = run_threaded(source, chain, sinks, {.decode_threads = threads});
  cv::Mat::setDefaultAllocator(before);
  EXPECT_EQ(allocator.live.load(), 0);
  EXPECT_EQ(report.summary.seen, n);
  EXPECT_EQ(sink.pixels_seen, 0);  // released once prepared
  EXPECT_EQ(sink.thumbnails_seen, thumbnails ? static_cast<int>(report.summary.done) : 0);
  return {report.peak_in_line, report.input_buffers, allocator.peak.load()};
}

// packets 2T + workers T + window max(2T, B) + gathering B + flights and collecting (S+2)B +
// frames 2B + source and sinks 2.
std::uint64_t most_in_line(std::uint64_t batch, std::uint64_t threads) {
  constexpr std::uint64_t kSlots = 2;
  return 3 * threads + std::max(2 * threads, batch) + (kSlots + 5) * batch + 2;
}

TEST(Memory, TenThousandPicturesUseWhatAHundredUse) {
  for (const auto& [batch, threads] : {std::pair{1, 1}, {8, 4}}) {
    const auto most =
        most_in_line(static_cast<std::uint64_t>(batch), static_cast<std::uint64_t>(threads));
    for (const std::uint64_t n : {100u, 10'000u}) {
      const Used used = use(n, {.batch = batch}, threads, false);
      EXPECT_LE(used.in_line, most) << n << " pictures";
      EXPECT_LE(used.pixel_buffers, threads) << n << " pictures";
      EXPECT_LE(used.inputs, static_cast<std::size_t>(3 * threads + 2 * batch)) << n << " pictures";
    }
  }
}

// With several sizes, four batches' worth of pictures and one batch more may wait for others of
// their size or for their turn; each buffer may have been made anew for each size it grew to.
TEST(Memory, PicturesOfSeveralSizesAreBoundedToo) {
  constexpr std::uint64_t kBatch = 4, kThreads = 2, kSizes = 6;
  for (const std::uint64_t n : {500u, 10'000u}) {
    const Used used = use(n, {.batch = kBatch, .sizes = kSizes}, kThreads, false);
    EXPECT_LE(used.in_line, most_in_line(kBatch, kThreads) + 2 * 5 * kBatch) << n << " pictures";
    EXPECT_LE(used.pixel_buffers, kThreads) << n << " pictures";
    EXPECT_LE(used.inputs, (3 * kThreads + 2 * kBatch + 5 * kBatch) * kSizes) << n << " pictures";
  }
}

TEST(InputPool, GrowsABufferInPlaceOfMakingMore) {
  InputPool pool;
  { InputBuffer small = pool.take(10); }
  EXPECT_EQ(pool.take(8).bytes().size(), 8u);
  EXPECT_EQ(pool.allocated(), 1u);
  { InputBuffer large = pool.take(100); }  // the buffer of 10 gives way
  EXPECT_EQ(pool.allocated(), 2u);
  InputBuffer one = pool.take(5), other = pool.take(5);
  EXPECT_EQ(pool.allocated(), 3u);
  EXPECT_NE(one.bytes().data(), other.bytes().data());
}

TEST(InputPool, TakesTheSmallestThatIsLargeEnough) {
  InputPool pool;
  { InputBuffer medium = pool.take(20), large = pool.take(30), small = pool.take(10); }
  InputBuffer fits = pool.take(15), next = pool.take(21), last = pool.take(10);
  EXPECT_EQ(pool.allocated(), 3u);
}

TEST(Memory, ThumbnailsAreBoundedToo) {
  const Used used = use(2000, {.batch = 4}, 2, true);
  EXPECT_LE(used.pixel_buffers, static_cast<int>(most_in_line(4, 2)) + 2);
}

TEST(Memory, AFolderOfBadPicturesDoesNotPileUp) {
  Faults faults;
  for (std::uint64_t i = 1; i < 10'000; ++i) faults.undecodable.insert(i);  // one good one, first
  const Used used = use(10'000, {.batch = 8}, 2, false, faults);
  EXPECT_LE(used.in_line, most_in_line(8, 2) + 1100);  // 1000 failures may wait behind it
}

}  // namespace
}  // namespace fovea::pipeline
