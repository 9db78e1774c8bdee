// SPDX-License-Identifier: Apache-2.0
#pragma once
// The line for sources that do not wait: cameras, streams, files played in real time. The same
// chain and the same sinks as line.hpp; frames that would be late are let go and counted.

#include <atomic>
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/line/chain.hpp"
#include "pipeline/line/progress.hpp"
#include "pipeline/live/observer.hpp"
#include "pipeline/live/slots.hpp"
#include "pipeline/live/supervisor.hpp"
#include "pipeline/sinks/sink.hpp"

namespace fovea::pipeline {

struct LiveOptions {
  /// `most` is cut to what the first model takes.
  BatchingOptions batching{8, std::chrono::milliseconds(0)};
  int decode_threads = 1;  // that prepare the frames of one batch; >= 1
  /// The model looks at every so manieth frame of a source; stages after it get all. >= 1.
  int detect_every = 1;
  /// What less is asked for, in which order, where frames older than `max_age` are many: "fps",
  /// "size" (of the first model).
  std::vector<std::string> degrade;
  std::chrono::milliseconds max_age{0};
  /// Every model makes its first batches before a source is opened (warm_up.hpp).
  bool warm_up = false;
  /// Once true: what is on the device is finished, the rest is left; the run returns.
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const Progress&)> on_progress;
  std::chrono::milliseconds progress_every{200};
  std::function<void(const std::string&)> on_notice;  // lines for people
  std::vector<LiveObserver*> observers;               // borrowed
  std::string model, device;                          // for LiveStatus
};

/// Runs until every source has ended (cameras never do), or `stop`. Ends every sink and observer,
/// whatever happens. Throws ConfigError where the first model's input is to shrink and cannot, and
/// what stages (but for one frame's failure), sinks or observers throw. The summary holds the last
/// LiveStatus.
RunSummary run_live(std::vector<LiveSource> sources, const Chain& chain,
                    std::span<Sink* const> sinks, const LiveOptions& options = {});

}  // namespace fovea::pipeline
