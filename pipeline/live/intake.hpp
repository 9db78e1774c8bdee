// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what the cameras gave to what the device takes: decoding, whose turn it is for the model,
// the model's input. Frames that come to nothing are counted here. Used from one thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "pipeline/line/chain.hpp"
#include "pipeline/line/delivery.hpp"
#include "pipeline/line/steps.hpp"
#include "pipeline/live/board.hpp"
#include "pipeline/live/slots.hpp"
#include "pipeline/live/supervisor.hpp"
#include "pipeline/live/workers.hpp"

namespace fovea::pipeline {

/// The frame is with the device.
struct OnDevice {};
/// It was to go there when the run was stopped.
struct LeftBehind {};

/// A stage before the model let the frame go.
struct LetGo {
  std::string_view stage;
};

/// A frame of one batch, in its place: for the model, past it (detect_every), let go, or failed.
struct Rider {
  std::size_t source = 0;
  std::chrono::steady_clock::time_point captured;
  std::variant<OnDevice, LeftBehind, Prepared, Frame, Failure, LetGo> item;
};

class Intake {
 public:
  /// Everything is borrowed.
  Intake(std::span<const LiveSource> sources, const Chain& chain, const Delivery& delivery,
         Board& board, Slots& slots, int detect_every);

  /// In the order of `taken`, but for frames of cameras that cannot be decoded. At that step of
  /// latency.degrade.
  std::vector<Rider> prepare(std::vector<Taken> taken, Workers& workers, int degraded);
  /// Lets go what has become too old for the device, or all of it where the run is `stopping`.
  void let_go(std::vector<Rider>& riders, bool stopping);

 private:
  struct Stream {
    int until_detect = 0;  // frames that pass the model by before the next that does not
    std::optional<std::chrono::steady_clock::time_point> first;
  };
  FrameTag tag_of(const Taken& taken);
  Rider ride(Taken taken, FrameTag tag);
  void pass_early_stages(Rider& rider);
  void make_input(Rider& rider);
  void lose(std::size_t source, DropReason reason, bool detect);

  const std::span<const LiveSource> sources_;
  const Chain& chain_;
  const ModelStage& model_;
  const bool looks_for_objects_;
  const Delivery& delivery_;
  Board& board_;
  Slots& slots_;
  const int detect_every_;
  std::vector<Stream> streams_;
  InputPool inputs_;
};

}  // namespace fovea::pipeline
