// SPDX-License-Identifier: Apache-2.0
// "A record is written whole or not at all": killed at any moment, or the disk full.
#include <algorithm>
#include <csignal>
#include <random>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/json.hpp"
#include "tests/unit/sinks/fixture.hpp"

namespace fovea::pipeline {
namespace {

using ::testing::HasSubstr;

// Kills go on until this much was read back, however slow the machine: fewer records would prove
// little. A child that writes nothing at all runs into ctest's timeout.
constexpr unsigned kKills = 150;
constexpr std::size_t kRecords = 1000;

class WholeRecordsTest : public SinkTest {
 protected:
  // Forks a child that writes records as fast as it can, kills it after `micros`.
  template <class MakeSink>
  static void write_until_killed(MakeSink make, unsigned micros, unsigned seed) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      std::mt19937 random(seed);
      Frame frame = cat_frame();
      const auto sink = make();
      for (;;) {
        frame.tag.source.assign(random() % 1500, 'x');
        sink->write(frame);
      }
    }
    ::usleep(micros);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
  }
};

// One plain write(2) a record is not enough: up to 1 in 100 of such kills then leaves half a
// record.
TEST_F(WholeRecordsTest, KilledAtAnyMomentEveryJsonlLineIsWhole) {
  const auto path = dir() / "killed.jsonl";
  std::mt19937 random(1);
  std::size_t lines = 0;
  for (unsigned kill = 0; kill < kKills || lines < kRecords; ++kill) {
    write_until_killed([&] { return make_jsonl_sink({path}); }, 500 + random() % 3000, kill);
    const std::string text = read(path);
    if (text.empty()) continue;
    ASSERT_EQ(text.back(), '\n') << "half a record after kill " << kill;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line); ++lines) {
      const Json record = Json::parse(line, nullptr, false);
      ASSERT_FALSE(record.is_discarded()) << "kill " << kill << ": " << line;
    }
  }
}

TEST_F(WholeRecordsTest, KilledAtAnyMomentEveryCsvRowIsWhole) {
  const auto path = dir() / "killed.csv";
  std::mt19937 random(2);
  std::size_t rows = 0;
  for (unsigned kill = 0; kill < kKills || rows < kRecords; ++kill) {
    write_until_killed([&] { return make_csv_sink({path, 3}); }, 500 + random() % 3000, kill);
    const std::string text = read(path);
    if (text.empty()) continue;
    ASSERT_TRUE(text.ends_with("\r\n")) << "half a row after kill " << kill;
    std::istringstream stream(text);
    std::string line;
    std::getline(stream, line);
    for (; std::getline(stream, line); ++rows) {
      ASSERT_EQ(std::count(line.begin(), line.end(), ','), 12) << line;
      ASSERT_EQ(std::stod(line.substr(line.rfind(',') + 1)), 12.125) << line;
    }
  }
}

TEST_F(WholeRecordsTest, FillerChangesNoRecordAndNoneCrossesAPage) {
  const auto path = dir() / "r.jsonl";
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::mt19937 random(3);
  std::vector<std::size_t> lengths;
  const auto sink = make_jsonl_sink({path});
  for (int i = 0; i < 500; ++i) {
    lengths.push_back(random() % 1500);
    sink->write(cat_frame(std::string(lengths.back(), 'x')));
  }
  sink->finish({});
  std::istringstream stream(read(path));
  std::size_t start = 0;
  std::size_t i = 0;
  for (std::string line; std::getline(stream, line); ++i) {
    ASSERT_EQ(Json::parse(line)["source"].get<std::string>().size(), lengths.at(i));
    ASSERT_EQ(line.back(), '}');
    ASSERT_EQ(start / page, (start + line.size()) / page) << "record " << i << " crosses a page";
    start += line.size() + 1;
  }
  EXPECT_EQ(i, lengths.size());
}

TEST_F(WholeRecordsTest, RecordsLongerThanAPageAreKeptAsTheyAre) {
  RecordFile file(dir() / "long");
  const std::string longer = std::string(10'000, 'y') + "\n";
  file.append("first}\n", {' ', 2});
  file.append(longer, {' ', 2});
  file.append("last}\n", {' ', 2});
  EXPECT_EQ(read(dir() / "long"), "first}\n" + longer + "last}\n");
}

TEST_F(WholeRecordsTest, AFullDiskIsNamedAsThat) {
  const auto sink = make_jsonl_sink({"/dev/full"});
  try {
    sink->write(cat_frame());
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot write results: the disk is full"));
    EXPECT_THAT(error.what(), HasSubstr("where: /dev/full"));
    EXPECT_THAT(error.what(), HasSubstr("fix:   make room on that disk"));
  }
}

// The kernel writes what still fits before it refuses; that part must go again.
TEST_F(WholeRecordsTest, WhatNoLongerFitsIsTakenBack) {
  const auto path = dir() / "r.jsonl";
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{10'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto sink = make_jsonl_sink({path});
  std::string reason;
  int written = 0;
  try {
    for (;; ++written) sink->write(cat_frame(std::string(700, 'x')));
  } catch (const Error& error) {
    reason = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_THAT(reason, HasSubstr("cannot write results: File too large"));
  std::istringstream stream(read(path));
  int lines = 0;
  for (std::string line; std::getline(stream, line); ++lines) {
    EXPECT_FALSE(Json::parse(line, nullptr, false).is_discarded()) << line;
  }
  EXPECT_EQ(lines, written);
  EXPECT_GT(written, 5);
}

TEST_F(WholeRecordsTest, AnAtomicFileThatIsNotCommittedLeavesNothing) {
  write(dir() / "page.html", "old");
  {
    AtomicFile file(dir() / "page.html");
    file.write("half of the n");
  }
  EXPECT_EQ(read(dir() / "page.html"), "old");
  EXPECT_EQ(list(dir()).size(), 1U);
}

}  // namespace
}  // namespace fovea::pipeline
