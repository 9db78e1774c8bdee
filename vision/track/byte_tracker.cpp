// SPDX-License-Identifier: Apache-2.0
#include "vision/track/byte_tracker.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "vision/track/assignment.hpp"

namespace fovea::vision {
namespace {

// Largest distances, 1 - overlap, at which a box still belongs to a track: of the first
// matching, of the second, and of tracks with one box so far. The reference implementation's.
constexpr double kFirstLimit = 0.8, kSecondLimit = 0.5, kNewLimit = 0.7;
// Overlap of two tracks from which on one may be a double of the other.
constexpr float kSameThing = 0.85f;
constexpr double kNever = 10;  // a distance beyond all limits

// After a pause this long nothing is taken for what was there before.
constexpr double kLongestPause_s = 60;

}  // namespace

void ByteTracker::clear() {
  tracks_.clear();
  began_ = false;
}

void ByteTracker::advance(double seconds) {
  if (began_ && (seconds <= now_s_ || seconds > now_s_ + kLongestPause_s)) clear();
  const double frames = began_ ? (seconds - now_s_) * kFramesPerSecond : 0;
  now_s_ = seconds;
  // A detector slower than lost_s still gets one chance to see a track again.
  std::erase_if(tracks_, [&](const Track& track) {
    return !track.seen && now_s_ - track.seen_s > options_.lost_s;
  });
  for (Track& track : tracks_) {
    if (frames > 0) track.motion.predict(frames, /*freeze_height=*/!track.seen);
  }
}

void ByteTracker::see(Track& track, const Object& object) {
  track.motion.correct(object.box);
  track.object = object;
  track.seen = true;
  track.seen_s = now_s_;
}

/// Matches, corrects, and takes the matched out of both lists.
void ByteTracker::associate(std::vector<Track*>& tracks, Boxes& boxes, double limit,
                            bool weigh_scores) {
  std::vector<double> costs;
  costs.reserve(tracks.size() * boxes.size());
  for (const Track* track : tracks) {
    const Box expected = track->motion.box();
    for (const Object* object : boxes) {
      const double overlap = static_cast<double>(iou(expected, object->box)) *
                             (weigh_scores ? static_cast<double>(object->score) : 1.0);
      costs.push_back(track->object.id == object->id ? 1 - overlap : kNever);
    }
  }
  const auto box_of = match_rows(costs, tracks.size(), boxes.size(), limit);
  std::vector<Track*> tracks_left;
  std::vector<bool> taken(boxes.size(), false);
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (box_of[i] == kUnmatched) {
      tracks_left.push_back(tracks[i]);
      continue;
    }
    taken[box_of[i]] = true;
    see(*tracks[i], *boxes[box_of[i]]);
  }
  Boxes boxes_left;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (!taken[i]) boxes_left.push_back(boxes[i]);
  }
  tracks = std::move(tracks_left);
  boxes = std::move(boxes_left);
}

std::vector<Object> ByteTracker::update(double seconds, const std::vector<Object>& found,
                                        std::int64_t& next_id) {
  advance(seconds);
  const bool first_frame = !std::exchange(began_, true);
  Boxes high, low;
  for (const Object& object : found) {
    if (object.box.width() <= 0 || object.box.height() <= 0) continue;
    const auto score = static_cast<double>(object.score);
    if (score >= options_.high_score) {
      high.push_back(&object);
    } else if (score >= options_.low_score) {
      low.push_back(&object);
    }
  }

  std::vector<Track*> known, fresh, left;
  for (Track& track : tracks_) (track.id != 0 ? known : fresh).push_back(&track);
  associate(known, high, kFirstLimit, true);
  // A track lost before this frame is not brought back by a box that is hardly there.
  std::ranges::copy_if(known, std::back_inserter(left), [](Track* track) { return track->seen; });
  associate(left, low, kSecondLimit, false);
  associate(fresh, high, kNewLimit, true);
  for (Track* track : left) track->seen = false;
  for (Track* track : fresh) track->over = true;  // there once and not again: it was nothing
  end_doubles();
  std::erase_if(tracks_, [](const Track& track) { return track.over; });
  for (Track& track : tracks_) {
    if (track.id == 0) track.id = next_id++;
  }
  for (const Object* object : high) {
    if (static_cast<double>(object->score) < options_.new_score) continue;
    const std::int64_t id = first_frame ? next_id++ : 0;
    tracks_.push_back({BoxMotion(object->box), *object, id, true, now_s_, now_s_});
  }
  return confirmed_and_seen([](const Track& track) { return track.object.box; });
}

std::vector<Object> ByteTracker::predict(double seconds) {
  advance(seconds);
  return confirmed_and_seen([](const Track& track) { return track.motion.box(); });
}

/// A track that began after another was lost, and in its place, is a double of it: the one that
/// lived longer stays. (Two that were both seen before may well cover each other.)
void ByteTracker::end_doubles() {
  for (Track& seen : tracks_) {
    for (Track& lost : tracks_) {
      if (!seen.seen || lost.seen || seen.born_s <= lost.seen_s ||
          seen.object.id != lost.object.id ||
          iou(seen.motion.box(), lost.motion.box()) <= kSameThing) {
        continue;
      }
      const bool seen_is_older = now_s_ - seen.born_s > lost.seen_s - lost.born_s;
      (seen_is_older ? lost : seen).over = true;
    }
  }
}

template <class BoxOf>
std::vector<Object> ByteTracker::confirmed_and_seen(BoxOf box_of) const {
  std::vector<Object> objects;
  for (const Track& track : tracks_) {
    if (track.id == 0 || !track.seen) continue;
    Object& object = objects.emplace_back(track.object);
    object.track = track.id;
    object.box = box_of(track);
  }
  std::ranges::stable_sort(objects, std::ranges::greater{}, &Object::score);
  return objects;
}

}  // namespace fovea::vision
