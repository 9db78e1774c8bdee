// SPDX-License-Identifier: Apache-2.0
// A pull that is killed leaves nothing that looks whole, and the next one finishes it.
#include <csignal>
#include <thread>

#include <spawn.h>
#include <sys/wait.h>

#include "tests/hub/pull_fixture.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/hub_cache.hpp"

extern char** environ;

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;

class KilledPull : public PullTest {
 protected:
  pid_t start_child() {
    std::string program = FOVEA_PULL_CHILD, cache = options_.cache_root.string(),
                endpoint = hub_.endpoint();
    char* arguments[] = {program.data(), endpoint.data(), cache.data(), nullptr};
    pid_t child = 0;
    EXPECT_EQ(::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environ), 0);
    return child;
  }
  static void kill_and_wait(pid_t child) {
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
  }
  /// Bytes of the weights so far.
  std::uintmax_t partial_bytes() const {
    std::error_code error;
    std::uintmax_t most = 0;
    for (const auto& entry : fs::directory_iterator(repository() / "blobs", error)) {
      if (entry.path().extension() == ".incomplete") {
        most = std::max(most, fs::file_size(entry.path(), error));
      }
    }
    return most;
  }
};

TEST_F(KilledPull, LeavesNothingWholeAndIsResumed) {
  hub_.put_tiny_model(1'000'000);
  hub_.fail("/blob/", {.pause_ms = 10});
  const pid_t child = start_child();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (partial_bytes() < 100'000 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill_and_wait(child);
  const std::uintmax_t partial = partial_bytes();
  ASSERT_GE(partial, 100'000u);
  EXPECT_LT(partial, 1'000'000u);
  EXPECT_FALSE(looks_whole());
  EXPECT_TRUE(vision::find_snapshot(options_.cache_root, {"org/name"}).empty());

  const PulledModel pulled = pull("org/name", options_);
  EXPECT_EQ(hub_.gets("/blob/").back().header("range"), "bytes=" + std::to_string(partial) + "-");
  EXPECT_LT(pulled.downloaded_bytes, 1'000'000u);
  EXPECT_EQ(vision::Checkpoint::open(pulled.folder).config().hidden_size, 8);
}

// Whenever the blow falls, what can be found can also be opened.
TEST_F(KilledPull, IsWholeOrNotThereAtAnyMoment) {
  hub_.put_tiny_model(1'000'000);
  for (int round = 0; round < 12; ++round) {
    const pid_t child = start_child();
    std::this_thread::sleep_for(std::chrono::milliseconds(15 * round));
    kill_and_wait(child);
    const fs::path found = vision::find_snapshot(options_.cache_root, {"org/name"});
    if (!found.empty()) {
      EXPECT_NO_THROW(vision::Checkpoint::open(found)) << round;
    }
    if (round % 4 == 3) fs::remove_all(options_.cache_root);
  }
  EXPECT_EQ(pull("org/name", options_).files, 4);
}

}  // namespace
}  // namespace fovea::pipeline
