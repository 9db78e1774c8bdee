// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ctrl-C: once, the run finishes what is in flight; twice, the process ends at once.

#include <atomic>

namespace fovea::pipeline {

/// While one lives, SIGINT and SIGTERM set stop(). At most one at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  static const std::atomic<bool>& stop() noexcept;
};

}  // namespace fovea::pipeline
