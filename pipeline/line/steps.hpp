// SPDX-License-Identifier: Apache-2.0
#pragma once
// What happens to a picture at each place of the line, without the threads: shared by
// the threaded line and its sequential twin. Failures pass through untouched.

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/frame.hpp"
#include "pipeline/line/chain.hpp"
#include "pipeline/line/input_pool.hpp"
#include "pipeline/line/stage.hpp"

namespace fovea::pipeline {

/// A picture with its model input made; its pixels may be gone already.
struct Prepared {
  Frame frame;
  InputBuffer input;
};

/// Decodes, and makes the thumbnail if `thumbnail`. A bad picture becomes a Failure.
Outcome<Frame> decode_step(const Decode& decode, Outcome<Packet> packet, bool thumbnail);

/// Makes the model's input in a buffer of `pool`; drops the pixels if `release_image`.
Outcome<Prepared> prepare_step(const ModelStage& model, Outcome<Frame> frame, InputPool& pool,
                               bool release_image);

/// Pictures for one flight, in order, with the failures that stood between them.
struct Gathered {
  std::vector<Outcome<Prepared>> items;
  int pictures = 0;  // of them not failures
};

/// Fills batches. A batch is given out when it has enough pictures, when it holds only
/// failures (nothing to wait for), or when failures between its pictures pile up.
class Batcher {
 public:
  explicit Batcher(int batch) : batch_(batch) {}
  std::optional<Gathered> add(Outcome<Prepared> item);
  /// What is left at the end: fewer pictures than a batch. Nothing if there are none.
  std::optional<Gathered> rest();

 private:
  int batch_;
  Gathered gathered_;
};

/// A batch under way. Without a flight where every item is a failure.
struct Batch {
  std::vector<Outcome<Frame>> frames;
  std::unique_ptr<Flight> flight;
  int pictures = 0;
  std::chrono::steady_clock::time_point submitted;
};

/// Copies the inputs into a flight of exactly as many pictures, and submits it.
Batch launch(ModelStage& model, Gathered gathered);

/// Waits for batches one after another and writes the answers into their frames.
class Lander {
 public:
  explicit Lander(const ModelStage& model) : model_(model) {}
  std::vector<Outcome<Frame>> land(Batch batch);

 private:
  const ModelStage& model_;
  std::chrono::steady_clock::time_point previous_;
};

/// One picture through a stage; nothing if the stage keeps it from going on.
std::optional<Outcome<Frame>> apply_step(FrameStage& stage, Outcome<Frame> frame);

}  // namespace fovea::pipeline
