// SPDX-License-Identifier: Apache-2.0
#pragma once
// What happens to a picture at each place of the line, without the threads: shared by
// the threaded line and its sequential twin. Failures pass through untouched.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
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
  InputSize size;  // of `input`
  InputBuffer input;
};

/// Decodes, and makes the thumbnail if `thumbnail`. A bad picture becomes a Failure.
Outcome<Frame> decode_step(const Decode& decode, Outcome<Packet> packet, bool thumbnail);

/// Makes the model's input in a buffer of `pool`; drops the pixels if `release_image`.
Outcome<Prepared> prepare_step(const ModelStage& model, Outcome<Frame> frame, InputPool& pool,
                               bool release_image);

/// What comes out of a place in another order than it went in: `number` is 0, 1, 2 ... by
/// the order in which it goes on.
template <class T>
struct Numbered {
  std::uint64_t number = 0;
  T value;
};

/// Pictures of one size for one flight, and failures that go with them.
struct Gathered {
  InputSize size;
  std::vector<Numbered<Prepared>> pictures;
  std::vector<Numbered<Failure>> failures;
};

/// Fills batches, each of pictures whose inputs are of one size. A batch is complete when it
/// has enough pictures; it goes out short when its oldest picture was overtaken by too many
/// of other sizes, when failures pile up behind it, and at the end. What it does depends on
/// the order of the pictures alone, so it is the same on every run.
class Batcher {
 public:
  explicit Batcher(int batch) : batch_(static_cast<std::size_t>(batch)) {}

  void add(Outcome<Prepared> item);
  /// No more will be added: all that waits goes out.
  void end() { ended_ = true; }
  /// No more will be added, and only that goes out for which something given out earlier
  /// would have to wait: the rest never happened.
  void cut();
  /// A batch whose time has come. To be called after each of the above until there is none.
  std::optional<Gathered> next();

 private:
  struct Group {
    InputSize size;
    std::vector<Numbered<Prepared>> pictures;
    std::uint64_t older = 0;  // pictures that came before its first
  };
  bool overdue() const;
  Gathered take(std::size_t group);

  std::size_t batch_;
  std::vector<Group> groups_;  // one for each size that waits; the oldest picture's first
  std::vector<Numbered<Failure>> failures_;
  std::uint64_t added_ = 0, pictures_ = 0;  // pictures_: those of the added that are no failures
  std::uint64_t given_ = 0;                 // one more than the highest number given out
  bool ended_ = false;
};

/// A batch under way. Without a flight where it holds failures only.
struct Batch {
  std::vector<Numbered<Frame>> frames;
  std::vector<Numbered<Failure>> failures;
  std::unique_ptr<Flight> flight;
  std::chrono::steady_clock::time_point submitted;
};

/// Copies the inputs into a flight of exactly as many pictures, and submits it.
Batch launch(ModelStage& model, Gathered gathered);

/// Waits for batches one after another, writes the answers into their frames, and puts the
/// pictures back in the order in which the Batcher was given them.
class Lander {
 public:
  explicit Lander(const ModelStage& model) : model_(model) {}
  /// Those whose turn it is now that `batch` has landed, in order.
  std::vector<Outcome<Frame>> land(Batch batch);

 private:
  void keep(std::uint64_t number, Outcome<Frame> outcome);

  const ModelStage& model_;
  std::chrono::steady_clock::time_point previous_;
  std::deque<std::optional<Outcome<Frame>>> early_;  // front: number next_
  std::uint64_t next_ = 0;
};

/// One picture through a stage; nothing if the stage lets it go: it does not go on.
std::optional<Outcome<Frame>> apply_step(FrameStage& stage, Outcome<Frame> frame);

}  // namespace fovea::pipeline
