// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/stdin_source.hpp"

#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "tests/unit/line/temp_tree.hpp"

namespace fovea::pipeline {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::ElementsAre;

/// A pipe that a thread writes pieces into, with a pause between them.
class Feed {
 public:
  explicit Feed(std::vector<std::string> pieces, bool close_after = true) {
    EXPECT_EQ(::pipe(ends_), 0);
    writer_ = std::jthread([this, pieces = std::move(pieces), close_after] {
      for (const auto& piece : pieces) {
        std::size_t done = 0;
        while (done < piece.size()) {
          const auto n = ::write(ends_[1], piece.data() + done, piece.size() - done);
          if (n <= 0) return;
          done += static_cast<std::size_t>(n);
        }
        std::this_thread::sleep_for(5ms);
      }
      if (close_after) ::close(ends_[1]);
      closed_ = close_after;
    });
  }
  ~Feed() {
    writer_.join();
    if (!closed_) ::close(ends_[1]);
    ::close(ends_[0]);
  }
  StdinOptions options() const {
    StdinOptions options;
    options.descriptor = ends_[0];
    return options;
  }

 private:
  int ends_[2] = {-1, -1};
  bool closed_ = false;
  std::jthread writer_;
};

TEST(StdinSource, PathsOneALine) {
  TempTree tree;
  const auto a = tree.file("a.jpg").string(), b = tree.file("b ü.jpg").string();
  Feed feed({a.substr(0, 5), a.substr(5) + "\r\n\n" + b, "\n/missing.jpg"});
  StdinSource source(feed.options());
  EXPECT_THAT(names(source, tree.root()),
              ElementsAre("a.jpg", "b ü.jpg", testing::HasSubstr("no such file")));
}

TEST(StdinSource, PathsSeparatedByNul) {
  TempTree tree;
  const auto a = tree.file("a\nb.jpg").string(), b = tree.file("c.jpg").string();
  Feed feed({a + '\0' + b + '\0'});
  StdinSource source(feed.options());
  EXPECT_THAT(names(source, tree.root()), ElementsAre("a\nb.jpg", "c.jpg"));
}

TEST(StdinSource, OnePicturesBytes) {
  const std::string picture = "\x89PNG\r\n\x1A\n"s + std::string(200'000, '\n');
  Feed feed({picture.substr(0, 3), picture.substr(3)});
  StdinSource source(feed.options());
  const auto item = source.next();
  ASSERT_TRUE(item);
  const auto& packet = std::get<Packet>(*item);
  EXPECT_EQ(packet.tag.source, "-");
  EXPECT_TRUE(packet.path.empty());
  ASSERT_EQ(packet.bytes.size(), picture.size());
  EXPECT_EQ(std::memcmp(packet.bytes.data(), picture.data(), picture.size()), 0);
  EXPECT_FALSE(source.next());
}

TEST(StdinSource, ATooLargePictureIsAFailure) {
  Feed feed({"\x89PNG\r\n\x1A\n"s + std::string(10'000, 'x')});
  auto options = feed.options();
  options.max_bytes = 1000;
  StdinSource source(options);
  const auto item = source.next();
  ASSERT_TRUE(item);
  EXPECT_THAT(std::get<Failure>(*item).reason, testing::HasSubstr("limit of 1000 bytes"));
  EXPECT_FALSE(source.next());
}

TEST(StdinSource, NothingGivesNothing) {
  Feed feed({});
  StdinSource source(feed.options());
  EXPECT_FALSE(source.next());
  EXPECT_FALSE(source.next());
}

TEST(StdinSource, RefusesWhatIsNeitherPictureNorPaths) {
  Feed feed({std::string(100'000, 'x')});
  StdinSource source(feed.options());
  EXPECT_THROW(source.next(), Error);
  char sink[4096];
  while (::read(feed.options().descriptor, sink, sizeof sink) > 0) {  // let the writer end
  }
}

TEST(StdinSource, APathIsGivenBeforeTheNextArrives) {
  TempTree tree;
  const auto a = tree.file("a.jpg").string();
  std::atomic<bool> stop{false};
  Feed feed({a + "\n"}, /*close_after=*/false);
  auto options = feed.options();
  options.stop = &stop;
  StdinSource source(options);
  ASSERT_TRUE(source.next());
  std::jthread stopper([&] {
    std::this_thread::sleep_for(30ms);
    stop = true;
  });
  EXPECT_FALSE(source.next());  // the pipe is still open: only the stop ends it
}

}  // namespace
}  // namespace fovea::pipeline
