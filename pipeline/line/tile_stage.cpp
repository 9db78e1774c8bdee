// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/tile_stage.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "vision/tiles.hpp"

namespace fovea::pipeline {

namespace {

constexpr std::size_t kMostParts = 256;  // of one picture; each is a model input in memory

/// So many parts of one size, one after another in the picture's input.
struct Group {
  InputSize size;
  std::size_t parts = 0;
};

/// What stands before the pixels in a picture's input: tiles, and the whole picture.
using Header = std::array<Group, 2>;

std::size_t bytes_of(const ModelStage& detector, const Header& header) {
  std::size_t bytes = sizeof header;
  for (const Group& group : header) bytes += group.parts * detector.input_bytes(group.size);
  return bytes;
}

/// One part as a picture of its own over the same pixels.
Frame part_of(const Frame& frame, const cv::Rect& part) {
  Frame alone;
  alone.tag = frame.tag;
  alone.image.rgb = frame.image.rgb(part);
  alone.width_px = part.width;
  alone.height_px = part.height;
  return alone;
}

Header header_of(const ModelStage& detector, const Frame& frame,
                 const std::vector<cv::Rect>& parts) {
  Header header;
  header[1] = {detector.input_size(part_of(frame, parts.back())), 1};
  if (parts.size() == 1) return header;
  header[0] = {detector.input_size(part_of(frame, parts.front())), parts.size() - 1};
  return header;
}

/// At most one batch in the air after submit(), so that slots() pictures need as many slots.
class TiledFlight : public Flight {
 public:
  TiledFlight(ModelStage& detector, std::size_t bytes) : detector_(detector), input_(bytes) {}

  /// Held here, as memory of the device may be slow to read back.
  std::span<std::uint8_t> input(int) override { return input_; }

  void submit() override {
    Header header;
    std::memcpy(&header, input_.data(), sizeof header);
    std::span<const std::uint8_t> rest = std::span(input_).subspan(sizeof header);
    const auto batch = static_cast<std::size_t>(detector_.batch());
    for (const Group& group : header) {
      const std::size_t bytes = group.parts == 0 ? 0 : detector_.input_bytes(group.size);
      for (std::size_t left = group.parts; left > 0;) {
        const std::size_t n = std::min(left, batch);
        land();
        flight_ = detector_.begin(group.size, static_cast<int>(n));
        for (std::size_t i = 0; i < n; ++i, rest = rest.subspan(bytes)) {
          std::ranges::copy(rest.first(bytes), flight_->input(static_cast<int>(i)).begin());
        }
        flight_->submit();
        left -= n;
      }
    }
  }

  std::span<const float> finish() override {
    land();
    return rows_;
  }

 private:
  void land() {
    if (!flight_) return;
    const std::span<const float> rows = flight_->finish();
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    flight_.reset();
  }

  ModelStage& detector_;
  std::vector<std::uint8_t> input_;
  std::vector<float> rows_;
  std::unique_ptr<Flight> flight_;
};

}  // namespace

TileStage::TileStage(std::unique_ptr<ModelStage> detector, const TileConfig& config)
    : detector_(std::move(detector)), config_(config) {}

/// The tiles, and last the whole picture; that alone where it is no larger than a tile.
std::vector<cv::Rect> TileStage::parts_of(cv::Size picture) const {
  std::vector<cv::Rect> parts = vision::tiles_of(picture, config_.size, config_.overlap);
  if (parts.size() == 1) return parts;
  if (parts.size() >= kMostParts) {
    throw FrameError(fmt::format("{} x {} pixels make {} tiles of {}, and {} is the most",
                                 picture.width, picture.height, parts.size(), config_.size,
                                 kMostParts - 1));
  }
  parts.emplace_back(cv::Point(), picture);
  return parts;
}

InputSize TileStage::input_size(const Frame& frame) const {
  const auto parts = parts_of(frame.image.rgb.size());
  return {0, 0, bytes_of(*detector_, header_of(*detector_, frame, parts))};
}

void TileStage::prepare(const Frame& frame, std::span<std::uint8_t> input) const {
  const auto parts = parts_of(frame.image.rgb.size());
  const Header header = header_of(*detector_, frame, parts);
  std::memcpy(input.data(), &header, sizeof header);
  input = input.subspan(sizeof header);
  for (const cv::Rect& part : parts) {
    const bool whole = &part == &parts.back();
    const std::size_t bytes = detector_->input_bytes(header[whole ? 1 : 0].size);
    detector_->prepare(part_of(frame, part), input.first(bytes));
    input = input.subspan(bytes);
  }
}

std::unique_ptr<Flight> TileStage::begin(InputSize size, [[maybe_unused]] int n) {
  assert(n == 1);
  return std::make_unique<TiledFlight>(*detector_, size.source_bytes);
}

void TileStage::annotate(Frame& frame, std::span<const float> row) const {
  const cv::Size picture(frame.width_px, frame.height_px);
  const auto parts = parts_of(picture);
  const std::size_t length = row.size() / parts.size();
  std::vector<vision::PartObjects> found;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Frame alone;
    alone.width_px = parts[i].width;
    alone.height_px = parts[i].height;
    detector_->annotate(alone, row.subspan(i * length, length));
    found.push_back({parts[i], std::move(alone.objects)});
  }
  frame.objects = vision::merge_parts(picture, std::move(found));
}

}  // namespace fovea::pipeline
