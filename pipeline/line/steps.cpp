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
constexpr std::size_t kMaxFailuresWaiting = 1000;
// Batches' worth of later pictures that may pass one whose batch is not full. More fill more
// batches where sizes are mixed, and hold more results back.
constexpr std::size_t kPatience = 4;

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
  Prepared prepared;
  prepared.frame = std::move(std::get<Frame>(frame));
  const auto start = Clock::now();
  const auto reason = reason_of_failure([&] {
    prepared.size = model.input_size(prepared.frame);
    prepared.input = pool.take(model.input_bytes(prepared.size));
    model.prepare(prepared.frame, prepared.input.bytes());
  });
  if (reason) {
    const auto bytes = size_of(prepared.frame.path);
    return Failure{std::move(prepared.frame.tag), std::move(prepared.frame.path), "preprocess",
                   *reason, bytes};
  }
  prepared.frame.timings.preprocess_ms += milliseconds_since(start);
  if (release_image) prepared.frame.image.rgb.release();
  return prepared;
}

void Batcher::add(Outcome<Prepared> item) {
  const std::uint64_t number = added_++;
  if (auto* failure = std::get_if<Failure>(&item)) {
    failures_.push_back({number, std::move(*failure)});
    return;
  }
  auto& picture = std::get<Prepared>(item);
  const InputSize size = picture.size;
  auto group = std::ranges::find(groups_, size, &Group::size);
  if (group == groups_.end()) group = groups_.insert(group, {size, {}, pictures_});
  ++pictures_;
  group->pictures.push_back({number, std::move(picture)});
}

void Batcher::cut() {
  ended_ = true;
  const auto nobody_waits = [&](const auto& item) { return item.number >= given_; };
  std::erase_if(failures_, nobody_waits);
  for (Group& group : groups_) std::erase_if(group.pictures, nobody_waits);
  std::erase_if(groups_, [](const Group& group) { return group.pictures.empty(); });
}

std::optional<Gathered> Batcher::next() {
  if (groups_.empty()) {
    if (failures_.empty()) return std::nullopt;
    return take(0);
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].pictures.size() == batch_) return take(i);
  }
  if (!ended_ && !overdue()) return std::nullopt;
  return take(0);
}

bool Batcher::overdue() const {
  return pictures_ - groups_.front().older > kPatience * batch_ ||
         failures_.size() >= kMaxFailuresWaiting;
}

Gathered Batcher::take(std::size_t group) {
  Gathered taken;
  if (group < groups_.size()) {
    taken.size = groups_[group].size;
    taken.pictures = std::move(groups_[group].pictures);
    groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(group));
    given_ = std::max(given_, taken.pictures.back().number + 1);
  }
  taken.failures = std::exchange(failures_, {});
  if (!taken.failures.empty()) given_ = std::max(given_, taken.failures.back().number + 1);
  return taken;
}

Batch launch(ModelStage& model, Gathered gathered) {
  Batch batch;
  batch.failures = std::move(gathered.failures);
  if (!gathered.pictures.empty()) {
    batch.flight = model.begin(gathered.size, static_cast<int>(gathered.pictures.size()));
  }
  batch.frames.reserve(gathered.pictures.size());
  int place = 0;
  for (auto& [number, prepared] : gathered.pictures) {
    std::ranges::copy(prepared.input.bytes(), batch.flight->input(place++).begin());
    batch.frames.push_back({number, std::move(prepared.frame)});
  }
  batch.submitted = Clock::now();
  if (batch.flight) batch.flight->submit();
  return batch;
}

void Lander::keep(std::uint64_t number, Outcome<Frame> outcome) {
  const auto place = static_cast<std::size_t>(number - next_);
  if (place >= early_.size()) early_.resize(place + 1);
  early_[place] = std::move(outcome);
}

std::vector<Outcome<Frame>> Lander::land(Batch batch) {
  if (batch.flight) {
    const auto rows = batch.flight->finish();
    // A batch that waited behind another on the device is charged only for its own time.
    const double elapsed_ms = milliseconds_since(std::max(batch.submitted, previous_));
    previous_ = Clock::now();
    const std::size_t pictures = batch.frames.size();
    const std::size_t length = rows.size() / pictures;
    std::size_t place = 0;
    for (auto& [number, frame] : batch.frames) {
      frame.timings.inference_ms += elapsed_ms / static_cast<double>(pictures);
      model_.annotate(frame, rows.subspan(place++ * length, length));
      keep(number, std::move(frame));
    }
  }
  for (auto& [number, failure] : batch.failures) keep(number, std::move(failure));
  std::vector<Outcome<Frame>> in_order;
  for (; !early_.empty() && early_.front(); early_.pop_front(), ++next_) {
    in_order.push_back(std::move(*early_.front()));
  }
  return in_order;
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
