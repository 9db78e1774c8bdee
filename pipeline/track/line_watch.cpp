// SPDX-License-Identifier: Apache-2.0
#include "pipeline/track/line_watch.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/config/shape.hpp"
#include "pipeline/track/anchor.hpp"

namespace fovea::pipeline {
namespace {

// How far from the line an anchor is beyond doubt: a share of the box's height, which detectors'
// tremble grows with, and never less than a pixel.
constexpr double kMarginShare = 0.05, kLeastMargin_px = 1;
// Longer than any tracker holds on to what it does not see.
constexpr double kForget_s = 120;

}  // namespace

void LineWatch::fit(int width_px, int height_px) {
  const Points ends = in_pixels({config_->from, config_->to}, width_px, height_px);
  from_ = ends[0];
  to_ = ends[1];
  walkers_.clear();
}

/// Did the way from `before` to `now` go through the line: +1 to its right, -1 to its left?
/// A point on the line itself belongs to its right, so that no way is counted twice.
int LineWatch::through(Point before, Point now) const {
  const double a = side_of(from_, to_, before), b = side_of(from_, to_, now);
  if ((a >= 0) == (b >= 0)) return 0;
  const double share = a / (a - b);
  const Point at{before.x + share * (now.x - before.x), before.y + share * (now.y - before.y)};
  const double dx = to_.x - from_.x, dy = to_.y - from_.y;
  const double along = ((at.x - from_.x) * dx + (at.y - from_.y) * dy) / (dx * dx + dy * dy);
  if (along < 0 || along > 1) return 0;
  return b >= 0 ? 1 : -1;
}

void LineWatch::settle(const vision::Object& object, int side, Walker& walker,
                       std::vector<Event>& events) {
  if (walker.side == -side && walker.net * side > 0) {
    Event& event = events.emplace_back();
    event.kind = "line_cross";
    event.where = config_->name;
    event.direction = side > 0 ? "in" : "out";
    event.track = object.track;
    event.object = object.name;
    event.count = side > 0 ? ++in_ : ++out_;
  }
  walker.side = side;
  walker.net = 0;
}

void LineWatch::observe(double seconds, Frame& frame) {
  const double length = std::hypot(to_.x - from_.x, to_.y - from_.y);
  for (const vision::Object& object : frame.objects) {
    if (!looks_at(config_->classes, object)) continue;
    const Point now = anchor_of(object.box, config_->anchor, frame.width_px, frame.height_px);
    const auto [at, is_new] = walkers_.try_emplace(*object.track, now);
    Walker& walker = at->second;
    if (!is_new) walker.net += through(walker.last, now);
    walker.last = now;
    walker.seen_s = seconds;
    const double distance = side_of(from_, to_, now) / length;
    const double margin =
        std::max(kLeastMargin_px, kMarginShare * static_cast<double>(object.box.height()));
    if (std::abs(distance) > margin) {
      settle(object, distance > 0 ? 1 : -1, walker, frame.events);
    }
  }
  std::erase_if(walkers_,
                [&](const auto& item) { return seconds - item.second.seen_s > kForget_s; });
}

}  // namespace fovea::pipeline
