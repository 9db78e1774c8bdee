// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/intake.hpp"

#include <algorithm>
#include <utility>

namespace fovea::pipeline {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

/// Does any stage look for objects? A camera's frames have no other way to know.
bool finds_objects(const Chain& chain) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const std::vector<Data> gives = chain.stage(i).gives();
    if (std::ranges::find(gives, Data::objects) != gives.end()) return true;
  }
  return false;
}

Outcome<Frame> decoded(const Decode& decode, Shot shot, FrameTag tag, bool thumbnail,
                       bool looks_for_objects) {
  if (auto* failure = std::get_if<Failure>(&shot.picture)) {
    failure->tag = std::move(tag);
    return std::move(*failure);
  }
  if (auto* packet = std::get_if<Packet>(&shot.picture)) {
    packet->tag = std::move(tag);
    return decode_step(decode, std::move(*packet), thumbnail);
  }
  const auto as_it_is = [&](const Packet&) {
    Frame frame;
    frame.image = std::move(std::get<vision::Image>(shot.picture));
    frame.width_px = frame.image.width_px();
    frame.height_px = frame.image.height_px();
    frame.looks_for_objects = looks_for_objects;
    return frame;
  };
  return decode_step(as_it_is, Packet{std::move(tag), {}, {}}, thumbnail);
}

}  // namespace

Intake::Intake(std::span<const LiveSource> sources, const Chain& chain, const Delivery& delivery,
               Board& board, Slots& slots, int detect_every)
    : sources_(sources),
      chain_(chain),
      model_(dynamic_cast<const ModelStage&>(chain.stage(chain.first_model()))),
      looks_for_objects_(finds_objects(chain)),
      delivery_(delivery),
      board_(board),
      slots_(slots),
      detect_every_(detect_every),
      streams_(sources.size()) {}

std::vector<Rider> Intake::prepare(std::vector<Taken> taken, Workers& workers, int degraded) {
  std::vector<FrameTag> tags;
  for (const Taken& item : taken) tags.push_back(tag_of(item));
  for (FrameTag& tag : tags) tag.degraded = degraded;
  std::vector<Rider> riders(taken.size());
  const bool at_once = chain_.first_model() == 0;
  workers.each(taken.size(), [&](std::size_t i) {
    riders[i] = ride(std::move(taken[i]), std::move(tags[i]));
    if (at_once) make_input(riders[i]);
  });
  if (!at_once) {
    for (Rider& rider : riders) pass_early_stages(rider);
    workers.each(riders.size(), [&](std::size_t i) { make_input(riders[i]); });
  }
  std::vector<Rider> good;
  for (Rider& rider : riders) {
    auto* failure = std::get_if<Failure>(&rider.item);
    const LiveSource& source = sources_[rider.source];
    if (failure == nullptr || source.file || !source.of_now) {
      good.push_back(std::move(rider));
      continue;
    }
    board_.trouble(rider.source, failure->reason);
    lose(rider.source, DropReason::decode, failure->tag.detect);
  }
  return good;
}

void Intake::let_go(std::vector<Rider>& riders, bool stopping) {
  const auto now = Slots::Clock::now();
  std::erase_if(riders, [&](const Rider& rider) {
    if (stopping) {
      lose(rider.source, DropReason::stop, false);
      return true;
    }
    const auto* prepared = std::get_if<Prepared>(&rider.item);
    if (prepared == nullptr || !slots_.too_old(rider.source, rider.captured, now)) return false;
    lose(rider.source, DropReason::age, true);
    return true;
  });
}

FrameTag Intake::tag_of(const Taken& taken) {
  const LiveSource& source = sources_[taken.queue];
  const Shot& shot = taken.item.shot;
  Stream& stream = streams_[taken.queue];
  FrameTag tag;
  if (const auto* packet = std::get_if<Packet>(&shot.picture)) tag = packet->tag;
  if (const auto* failure = std::get_if<Failure>(&shot.picture)) tag = failure->tag;
  if (tag.source.empty()) {
    tag.source = source.name;
    tag.frame = taken.item.frame;
  }
  if (source.of_now) tag.captured = shot.captured_at;
  tag.position = shot.position;
  if (source.of_now && !tag.position) {
    if (!stream.first) stream.first = shot.captured;
    tag.position = duration_cast<microseconds>(shot.captured - *stream.first);
  }
  tag.detect = stream.until_detect == 0;
  stream.until_detect = (tag.detect ? detect_every_ : stream.until_detect) - 1;
  return tag;
}

Rider Intake::ride(Taken taken, FrameTag tag) {
  Rider rider{taken.queue, taken.item.shot.captured, {}};
  auto frame = decoded(chain_.decode(), std::move(taken.item.shot), std::move(tag),
                       delivery_.wants_thumbnail(), looks_for_objects_);
  std::visit([&](auto& held) { rider.item = std::move(held); }, frame);
  return rider;
}

/// One thread, and each source's frames in their order.
void Intake::pass_early_stages(Rider& rider) {
  for (std::size_t i = 0; i < chain_.first_model(); ++i) {
    auto* frame = std::get_if<Frame>(&rider.item);
    if (frame == nullptr) return;
    const bool detect = frame->tag.detect;
    auto& stage = dynamic_cast<FrameStage&>(chain_.stage(i));
    auto outcome = apply_step(stage, std::move(*frame));
    if (!outcome) {
      rider.item = LetGo{stage.name()};
      if (detect) streams_[rider.source].until_detect = 0;
      return;
    }
    std::visit([&](auto& held) { rider.item = std::move(held); }, *outcome);
  }
}

void Intake::make_input(Rider& rider) {
  auto* frame = std::get_if<Frame>(&rider.item);
  if (frame == nullptr || !frame->tag.detect) return;
  auto prepared = prepare_step(model_, std::move(*frame), inputs_, /*release_image=*/false);
  std::visit([&](auto& held) { rider.item = std::move(held); }, prepared);
}

/// A frame that was the model's is made up for by the next of its source.
void Intake::lose(std::size_t source, DropReason reason, bool detect) {
  slots_.drop(source, reason);
  if (detect) streams_[source].until_detect = 0;
}

}  // namespace fovea::pipeline
