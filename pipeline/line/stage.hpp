// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a stage of the chain is. A stage knows no other stage and no thread; the line
// (line.cpp) decides who calls it when.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/frame.hpp"
#include "vision/input_size.hpp"

namespace fovea::pipeline {

using vision::InputSize;

/// What a Frame carries. Decoding gives `image`; the rest comes from stages.
enum class Data : std::uint8_t {
  image,
  drift,
  labels,
  objects,
  tracks,
  events,
  attention_rows,  // of a model that was opened for an attend stage
  attention,
};
std::string to_string(Data data);

class ModelStage;

class Stage {
 public:
  virtual ~Stage() = default;
  /// The key in YAML: "classify", "filter".
  virtual std::string_view name() const = 0;
  virtual std::vector<Data> needs() const = 0;
  virtual std::vector<Data> gives() const = 0;
  /// The model that it runs, which may be itself; null where it runs none.
  virtual ModelStage* model() { return nullptr; }
};

/// One picture in, one picture or none out. Called from one thread.
class FrameStage : public Stage {
 public:
  /// Nothing: the picture leaves the line here and is counted as filtered.
  /// Throws FrameError for one bad picture.
  virtual std::optional<Frame> process(Frame frame) = 0;
};

/// One batch on its way through a model. Holds a slot of the model until destroyed.
class Flight {
 public:
  virtual ~Flight() = default;
  /// Picture i's place in the model's input. Before submit().
  virtual std::span<std::uint8_t> input(int i) = 0;
  virtual void submit() = 0;
  /// Waits. One row of equal length for each picture; valid while the Flight lives.
  virtual std::span<const float> finish() = 0;
};

/// preprocess ▸ GPU program ▸ postprocess. The line overlaps the three:
/// input_size() and prepare() on several threads at once; begin() and Flight::submit() on
/// one; Flight::finish() and annotate() on another. Pictures fly together only where their
/// inputs are of one size.
class ModelStage : public Stage {
 public:
  ModelStage* model() override { return this; }
  /// Pictures in one flight, at most, and flights in the air at once.
  virtual int batch() const = 0;
  virtual int slots() const = 0;
  /// Bytes that prepare() fills for one picture whose input is of `size`.
  virtual std::size_t input_bytes(InputSize size) const = 0;

  /// Inputs have that share of their usual edges from now on, in (0, 1]. False, and nothing
  /// changes, where the model takes one size only. Not while the two below run.
  virtual bool shrink([[maybe_unused]] double share) { return false; }

  /// Any number of threads at once, input_size() before prepare() and from the same pixels.
  /// An exception other than fovea::Error is this picture's Failure.
  virtual InputSize input_size(const Frame& frame) const = 0;
  virtual void prepare(const Frame& frame, std::span<std::uint8_t> input) const = 0;
  /// A flight of `n` pictures of `size`.
  /// Requires: 1 <= n <= batch(), fewer than slots() flights alive.
  virtual std::unique_ptr<Flight> begin(InputSize size, int n) = 0;
  /// `row` is the picture's part of Flight::finish().
  virtual void annotate(Frame& frame, std::span<const float> row) const = 0;
};

}  // namespace fovea::pipeline
