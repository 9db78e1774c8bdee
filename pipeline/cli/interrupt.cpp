// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/interrupt.hpp"

#include <csignal>
#include <cstddef>

#include <unistd.h>

#include "compute/error.hpp"

namespace fovea::pipeline {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

struct sigaction previous_int, previous_term;

// Only async-signal-safe calls in here.
void on_signal(int) {
  if (stop_requested.exchange(true)) ::_exit(static_cast<int>(ExitCode::interrupted));
  constexpr char kText[] = "\nstopping: what is in flight is finished first (again: at once)\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText, sizeof kText - 1);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  stop_requested = false;
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  // No SA_RESTART: a source that waits on standard input must wake up.
  ::sigaction(SIGINT, &action, &previous_int);
  ::sigaction(SIGTERM, &action, &previous_term);
}

InterruptGuard::~InterruptGuard() {
  ::sigaction(SIGINT, &previous_int, nullptr);
  ::sigaction(SIGTERM, &previous_term, nullptr);
}

const std::atomic<bool>& InterruptGuard::stop() noexcept { return stop_requested; }

}  // namespace fovea::pipeline
