// SPDX-License-Identifier: Apache-2.0
#pragma once
// Follows objects from frame to frame of one stream: ByteTrack (Zhang et al. 2022,
// arXiv:2110.06864, algorithm 1). Boxes of high score are matched first, to all tracks; what is
// then left of the tracks is matched to the boxes of low score, which are mostly objects half
// hidden. Only boxes of one class are matched. Knows no clock: time comes with each frame, so
// frames may be missing and come at any rate. One object a stream, one thread.

#include <cstdint>
#include <vector>

#include "vision/object.hpp"
#include "vision/track/box_motion.hpp"

namespace fovea::vision {

struct TrackOptions {
  double high_score = 0.5;  // from here on a box is matched first
  double low_score = 0.1;   // below it a box is not looked at
  double new_score = 0.6;   // a track begins with a box of this score
  double lost_s = 1;        // an unseen track is kept this long; longer mixes up more newcomers
};

class ByteTracker {
 public:
  explicit ByteTracker(const TrackOptions& options) : options_(options) {}

  /// One frame that a detector looked at, `seconds` into the stream, with what it found. Returns
  /// the objects that belong to confirmed tracks, each with its track, best first; a track is
  /// confirmed by its second box, or by its first where the stream begins. `next_id` gives the
  /// next new track its number and counts on. A time that does not come after the last one is a
  /// stream that began again: all tracks end.
  std::vector<Object> update(double seconds, const std::vector<Object>& found,
                             std::int64_t& next_id);
  /// One frame that no detector looked at: the tracks that were seen in the last one, each
  /// where it should be by now.
  std::vector<Object> predict(double seconds);
  /// All tracks end.
  void clear();

 private:
  struct Track {
    BoxMotion motion;
    Object object;        // as last seen
    std::int64_t id = 0;  // 0: not confirmed
    bool seen = true;     // in the last frame that a detector looked at
    double seen_s = 0, born_s = 0;
    bool over = false;
  };
  using Boxes = std::vector<const Object*>;

  void advance(double seconds);
  void associate(std::vector<Track*>& tracks, Boxes& boxes, double limit, bool weigh_scores);
  void see(Track& track, const Object& object);
  void end_doubles();
  template <class BoxOf>
  std::vector<Object> confirmed_and_seen(BoxOf box_of) const;

  TrackOptions options_;
  std::vector<Track> tracks_;
  double now_s_ = 0;
  bool began_ = false;
};

}  // namespace fovea::vision
