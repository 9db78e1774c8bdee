// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/steps.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <opencv2/imgproc.hpp>

#include "compute/error.hpp"

namespace fovea::pipeline {

namespace {

using Clock = std::chrono::steady_clock;

// Failures that wait for the pictures around them; beyond this a batch goes out short.
constexpr std::size_t kMaxWaiting = 1000;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::string one_line(std::string_view text) {
  std::string line(text);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

/// Runs `work` on one picture. Whatever it throws is that picture's misfortune, except our
/// own Error: the run cannot go on. Returns the reason, or nothing if all went well.
template <class Work>
std::optional<std::string> reason_of_failure(Work work) {
  try {
    work();
    return std::nullopt;
  } catch (const Error&) {
    throw;
  } catch (const FrameError& error) {
    return one_line(error.what());
  } catch (const std::bad_alloc&) {
    return "not enough memory for this picture";
  } catch (const cv::Exception& error) {
    return one_line(error.err.empty() ? error.what() : error.err);
  } catch (const std::exception& error) {
    return one_line(error.what());
  }
}

std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = file.empty() ? 0 : std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

cv::Mat make_thumbnail(const cv::Mat& rgb) {
  const int longest = std::max(rgb.cols, rgb.rows);
  if (longest <= kThumbnailPx) return rgb.clone();
  const auto scaled = [&](int px) {
    return std::max(1, static_cast<int>(static_cast<std::int64_t>(px) * kThumbnailPx / longest));
  };
  cv::Mat small;
  cv::resize(rgb, small, {scaled(rgb.cols), scaled(rgb.rows)}, 0, 0, cv::INTER_AREA);
  return small;
}

}  // namespace

Outcome<Frame> decode_step(const Decode& decode, Outcome<Packet> packet, bool thumbnail) {
  if (auto* failure = std::get_if<Failure>(&packet)) return std::move(*failure);
  auto& input = std::get<Packet>(packet);
  Failure failure{input.tag, input.path, "decode", {}, input.bytes.size()};
  Frame frame;
  const auto start = Clock::now();
  const auto reason = reason_of_failure([&] {
    frame = decode(std::move(input));
    if (thumbnail) frame.thumbnail = make_thumbnail(frame.image.rgb);
  });
  if (reason) {
    failure.reason = *reason;
    if (failure.bytes == 0) failure.bytes = size_of(failure.path);
    return failure;
  }
  frame.tag = std::move(failure.tag);
  frame.path = std::move(failure.path);
  frame.timings.decode_ms = milliseconds_since(start);
  return frame;
}

Outcome<Prepared> prepare_step(const ModelStage& model, Outcome<Frame> frame, InputPool& pool,
                               bool release_image) {
  if (auto* failure = std::get_if<Failure>(&frame)) return std::move(*failure);
  Prepared prepared{std::move(std::get<Frame>(frame)), pool.take()};
  const auto start = Clock::now();
  const auto reason =
      reason_of_failure([&] { model.prepare(prepared.frame, prepared.input.bytes()); });
  if (reason) {
    const auto bytes = size_of(prepared.frame.path);
    return Failure{std::move(prepared.frame.tag), std::move(prepared.frame.path), "preprocess",
                   *reason, bytes};
  }
  prepared.frame.timings.preprocess_ms += milliseconds_since(start);
  if (release_image) prepared.frame.image.rgb.release();
  return prepared;
}

std::optional<Gathered> Batcher::add(Outcome<Prepared> item) {
  if (std::holds_alternative<Prepared>(item)) ++gathered_.pictures;
  gathered_.items.push_back(std::move(item));
  const bool full = gathered_.pictures == batch_ || gathered_.items.size() >= kMaxWaiting;
  if (!full && gathered_.pictures > 0) return std::nullopt;
  return std::exchange(gathered_, {});
}

std::optional<Gathered> Batcher::rest() {
  if (gathered_.items.empty()) return std::nullopt;
  return std::exchange(gathered_, {});
}

Batch launch(ModelStage& model, Gathered gathered) {
  Batch batch;
  batch.pictures = gathered.pictures;
  if (gathered.pictures > 0) batch.flight = model.begin(gathered.pictures);
  batch.frames.reserve(gathered.items.size());
  int place = 0;
  for (auto& item : gathered.items) {
    if (auto* failure = std::get_if<Failure>(&item)) {
      batch.frames.emplace_back(std::move(*failure));
      continue;
    }
    auto& prepared = std::get<Prepared>(item);
    std::ranges::copy(prepared.input.bytes(), batch.flight->input(place++).begin());
    batch.frames.emplace_back(std::move(prepared.frame));
  }
  batch.submitted = Clock::now();
  if (batch.flight) batch.flight->submit();
  return batch;
}

std::vector<Outcome<Frame>> Lander::land(Batch batch) {
  if (!batch.flight) return std::move(batch.frames);
  const auto rows = batch.flight->finish();
  // A batch that waited behind another on the device is charged only for its own time.
  const double elapsed_ms = milliseconds_since(std::max(batch.submitted, previous_));
  previous_ = Clock::now();
  const std::size_t length = rows.size() / static_cast<std::size_t>(batch.pictures);
  std::size_t place = 0;
  for (auto& outcome : batch.frames) {
    auto* frame = std::get_if<Frame>(&outcome);
    if (frame == nullptr) continue;
    frame->timings.inference_ms += elapsed_ms / batch.pictures;
    model_.annotate(*frame, rows.subspan(place++ * length, length));
  }
  return std::move(batch.frames);
}

std::optional<Outcome<Frame>> apply_step(FrameStage& stage, Outcome<Frame> outcome) {
  auto* frame = std::get_if<Frame>(&outcome);
  if (frame == nullptr) return outcome;
  Failure failure{frame->tag, frame->path, std::string(stage.name()), {}, 0};
  try {
    auto kept = stage.process(std::move(*frame));
    if (!kept) return std::nullopt;
    return Outcome<Frame>(std::move(*kept));
  } catch (const FrameError& error) {
    failure.reason = one_line(error.what());
    failure.bytes = size_of(failure.path);
    return Outcome<Frame>(std::move(failure));
  }
}

}  // namespace fovea::pipeline
