// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/inference_stage.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "pipeline/config/shape.hpp"
#include "vision/preprocess/packed_source.hpp"

namespace fovea::pipeline {

namespace {

// One flight on the device while the next is filled: a third would only wait.
constexpr int kSlots = 2;

/// Where a picture's input says which token is asked.
using TokenIndex = std::int32_t;

class PendingFlight : public Flight {
 public:
  explicit PendingFlight(vision::Pending pending) : pending_(std::move(pending)) {}
  std::span<std::uint8_t> input(int i) override { return pending_.input(i); }
  void submit() override { pending_.submit(); }
  std::span<const float> finish() override { return pending_.finish(); }

 private:
  vision::Pending pending_;
};

/// A flight whose rows are a picture's answer, then its attention. Where the attention of a point
/// is asked for, the last bytes of a picture's input are the token of the patch that shows it.
class AttendedFlight : public Flight {
 public:
  AttendedFlight(vision::Pending pending, std::size_t input_bytes, bool asks)
      : pending_(std::move(pending)),
        input_bytes_(input_bytes),
        staged_(asks ? input_bytes * pictures() : 0) {}

  std::span<std::uint8_t> input(int i) override {
    if (staged_.empty()) return pending_.input(i);
    return std::span(staged_).subspan(static_cast<std::size_t>(i) * input_bytes_, input_bytes_);
  }

  void submit() override {
    for (int i = 0; !staged_.empty() && i < pending_.size(); ++i) {
      const std::span<std::uint8_t> all = input(i);
      const auto pixels = all.first(all.size() - sizeof(TokenIndex));
      TokenIndex token = 0;
      std::memcpy(&token, all.data() + pixels.size(), sizeof token);
      std::ranges::copy(pixels, pending_.input(i).begin());
      pending_.ask(i, token);
    }
    pending_.submit();
  }

  std::span<const float> finish() override {
    const std::span<const float> answers = pending_.finish();
    const std::size_t length = answers.size() / pictures();
    rows_.clear();
    for (int i = 0; i < pending_.size(); ++i) {
      const auto answer = answers.subspan(static_cast<std::size_t>(i) * length, length);
      const vision::AttentionMaps maps = pending_.attention(i);
      rows_.insert(rows_.end(), answer.begin(), answer.end());
      rows_.insert(rows_.end(), maps.weights.begin(), maps.weights.end());
    }
    return rows_;
  }

 private:
  std::size_t pictures() const { return static_cast<std::size_t>(pending_.size()); }

  vision::Pending pending_;
  std::size_t input_bytes_;
  std::vector<std::uint8_t> staged_;
  std::vector<float> rows_;
};

/// Threads come and go with the line, and each prepares many pictures.
vision::PackScratch& pack_scratch() {
  thread_local vision::PackScratch scratch;
  return scratch;
}

std::optional<vision::AttentionRequest> request_in(const std::optional<AttendConfig>& attend) {
  return attend ? std::optional(request_of(*attend)) : std::nullopt;
}

/// The patch that shows the point, row by row.
int asked_patch(const vision::MapBack& back, Point point, const Frame& frame) {
  const Point at = in_pixels({point}, frame.width_px, frame.height_px).front();
  if (const std::optional<int> patch = back.patch_at(at.x, at.y)) return *patch;
  const cv::Rect2d area = back.area();
  throw FrameError(fmt::format(
      "the point ({:g}, {:g}) of query lies outside of what the model sees: x from {:.0f} to "
      "{:.0f} and y from {:.0f} to {:.0f} of {} x {} pixels",
      at.x, at.y, area.x, area.br().x, area.y, area.br().y, frame.width_px, frame.height_px));
}

}  // namespace

InferenceStage::InferenceStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                               const vision::PreprocessSpec& recipe, const ModelOptions& options)
    : attend_(options.attend),
      preprocessor_(recipe),
      inference_(device, checkpoint,
                 {.precision = options.precision,
                  .max_batch = options.batch,
                  .slots = kSlots,
                  .stop = options.stop,
                  .attention = request_in(options.attend)}),
      resample_(
          options.resample_on == ResampleOn::automatic
              ? vision::choose_resample(device, preprocessor_, options.threads)
              : vision::ResampleChoice{options.resample_on == ResampleOn::device, "asked for"}) {}

std::vector<Data> InferenceStage::and_attention(Data answer) const {
  return attend_ ? std::vector<Data>{answer, Data::attention_rows} : std::vector<Data>{answer};
}

std::size_t InferenceStage::input_bytes(InputSize size) const {
  const std::size_t asked = asks_of_a_point() ? sizeof(TokenIndex) : 0;
  if (size.source_bytes > 0) return size.source_bytes + asked;
  return asked +
         std::size_t{3} * static_cast<std::size_t>(size.h) * static_cast<std::size_t>(size.w);
}

InputSize InferenceStage::input_size(const Frame& frame) const {
  InputSize size = resizing().output_size(frame.image.height_px(), frame.image.width_px());
  if (!resample_.on_device) return size;
  const std::size_t least = std::bit_ceil(vision::least_source_bytes(size));
  const std::size_t bytes =
      std::bit_ceil(vision::source_bytes(resizing(), frame.image, pack_scratch()));
  const bool fits = bytes > least && bytes <= inference_.max_source_bytes();
  size.source_bytes = fits ? bytes : least;
  return size;
}

bool InferenceStage::shrink(double share) {
  if (!preprocessor_.keeps_shape() || attend_) return false;  // rows are mapped by one size
  smaller_.reset();
  if (share == 1) return true;
  vision::PreprocessSpec spec = preprocessor_.spec();
  for (int* edge : {&spec.shortest_edge, &spec.longest_edge}) {
    *edge = std::max(spec.multiple_of, static_cast<int>(std::lround(share * *edge)));
  }
  smaller_.emplace(spec);
  return true;
}

void InferenceStage::prepare(const Frame& frame, std::span<std::uint8_t> input) const {
  if (asks_of_a_point()) {
    const TokenIndex token =
        vision::other_tokens(config()) + asked_patch(map_back(frame), *attend_->query, frame);
    std::memcpy(&input[input.size() - sizeof token], &token, sizeof token);
    input = input.first(input.size() - sizeof token);
  }
  if (resample_.on_device) {
    vision::pack_source(resizing(), frame.image, pack_scratch(), input);
  } else {
    resizing().resize(frame.image, input, pack_scratch().resample);
  }
}

std::unique_ptr<Flight> InferenceStage::begin(InputSize size, int n) {
  if (!attend_) return std::make_unique<PendingFlight>(inference_.begin(size, n));
  return std::make_unique<AttendedFlight>(inference_.begin(size, n), input_bytes(size),
                                          asks_of_a_point());
}

std::span<const float> InferenceStage::answer_of(std::span<const float> row) const {
  return row.first(static_cast<std::size_t>(inference_.answer_length()));
}

void InferenceStage::keep_attention(Frame& frame, std::span<const float> row) const {
  if (!attend_) return;
  const vision::MapBack back = map_back(frame);
  const auto weights = row.subspan(answer_of(row).size());
  const vision::AttentionRequest request = request_of(*attend_);
  AttentionRows& rows = frame.attention_rows.emplace();
  rows.area = back.area();
  if (request.heads == vision::AttentionHeads::all) rows.maps.heads = config().heads;
  if (request.query == vision::AttentionQuery::detections) {
    rows.maps.queries = config().detection_tokens;
  }
  rows.maps.others = vision::other_tokens(config());
  rows.maps.grid = back.grid();
  rows.maps.weights = {weights.begin(), weights.end()};
}

vision::MapBack InferenceStage::map_back(const Frame& frame) const {
  const auto reduced = [&](int px) { return (px + frame.reduction - 1) / frame.reduction; };
  const cv::Size original(frame.width_px, frame.height_px);
  return {preprocessor_, config(), {reduced(original.width), reduced(original.height)}, original};
}

}  // namespace fovea::pipeline
