// SPDX-License-Identifier: Apache-2.0
#include "pipeline/track/zone_watch.hpp"

#include <utility>

#include "pipeline/config/shape.hpp"
#include "pipeline/track/anchor.hpp"

namespace fovea::pipeline {
namespace {

double as_seconds(std::chrono::milliseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

void ZoneWatch::fit(int width_px, int height_px) {
  polygon_ = in_pixels(config_->polygon, width_px, height_px);
  visits_.clear();
  crowded_ = false;
}

Event ZoneWatch::event(std::string kind, std::int64_t track, const Visit& visit) const {
  Event event;
  event.kind = std::move(kind);
  event.where = config_->name;
  event.track = track;
  event.object = visit.object;
  event.seconds = visit.inside_s - visit.entered_s;
  return event;
}

void ZoneWatch::end_visits(double seconds, std::vector<Event>& events) {
  for (auto at = visits_.begin(); at != visits_.end();) {
    const Visit& visit = at->second;
    if (visit.inside_s == seconds || seconds - visit.inside_s < as_seconds(config_->grace)) {
      ++at;
      continue;
    }
    events.push_back(event("zone_leave", at->first, visit));
    at = visits_.erase(at);
  }
}

void ZoneWatch::observe(double seconds, Frame& frame) {
  for (vision::Object& object : frame.objects) {
    if (!looks_at(config_->classes, object) ||
        !contains(polygon_,
                  anchor_of(object.box, config_->anchor, frame.width_px, frame.height_px))) {
      continue;
    }
    object.zones.push_back(config_->name);
    const auto [at, entered] = visits_.try_emplace(*object.track, object.name, seconds);
    Visit& visit = at->second;
    visit.inside_s = seconds;
    if (entered) frame.events.push_back(event("zone_enter", at->first, visit));
    if (config_->dwell.count() > 0 && !visit.dwell_told &&
        seconds - visit.entered_s >= as_seconds(config_->dwell)) {
      visit.dwell_told = true;
      frame.events.push_back(event("dwell", at->first, visit));
    }
  }
  end_visits(seconds, frame.events);

  const auto visitors = static_cast<std::int64_t>(visits_.size());
  const bool crowded = config_->overcrowd > 0 && visitors >= config_->overcrowd;
  if (crowded == crowded_) return;
  crowded_ = crowded;
  Event& event = frame.events.emplace_back();
  event.kind = crowded ? "overcrowd" : "overcrowd_end";
  event.where = config_->name;
  event.count = visitors;
}

}  // namespace fovea::pipeline
