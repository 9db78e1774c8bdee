// SPDX-License-Identifier: Apache-2.0
#pragma once
// The line: a source through a chain into sinks, on many threads or on one. Both give
// the same results in the same order; tests/line holds them to it.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "pipeline/line/chain.hpp"
#include "pipeline/line/progress.hpp"
#include "pipeline/sinks/sink.hpp"
#include "pipeline/sources/source.hpp"

namespace fovea::pipeline {

struct LineOptions {
  int decode_threads = 1;  // each holds one decoded picture; >= 1
  /// Once true: what is on the device is finished, the rest is left; the run returns.
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const Progress&)> on_progress;
  std::chrono::milliseconds progress_every{200};
  /// Counts the inputs while the line runs (Progress::total); gives up once `enough` is
  /// true. Called on a thread of its own. Empty: the total stays unknown.
  std::function<std::optional<std::uint64_t>(const std::atomic<bool>& enough)> count;
};

struct LineReport {
  RunSummary summary;
  std::uint64_t peak_in_line = 0;  // most pictures on the line at one time
  std::size_t input_buffers = 0;   // model inputs ever allocated
};

/// Each place of the line on threads of its own. Ends every sink, whatever happens.
/// Throws what source, stages (but for one picture's failure) or sinks throw.
LineReport run_threaded(Source& source, const Chain& chain, std::span<Sink* const> sinks,
                        const LineOptions& options = {});

/// The slow twin: one picture after another, one batch after another, on this thread.
/// Leaves on_progress, count and decode_threads alone.
LineReport run_sequential(Source& source, const Chain& chain, std::span<Sink* const> sinks,
                          const LineOptions& options = {});

}  // namespace fovea::pipeline
