// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/track/scene.hpp"

#include <algorithm>
#include <cmath>

namespace fovea::testing_support {
namespace {

bool in_any(const std::vector<Span>& spans, double t) {
  return std::ranges::any_of(spans, [t](const Span& span) { return span.contains(t); });
}

vision::Object object_at(const Mover& mover, double t) {
  const Point c = mover.centre(t);
  vision::Object object;
  object.box = {
      static_cast<float>(c.x - mover.width / 2), static_cast<float>(c.y - mover.height / 2),
      static_cast<float>(c.x + mover.width / 2), static_cast<float>(c.y + mover.height / 2)};
  object.id = mover.id;
  object.name = mover.id == 0 ? "person" : "dog";
  return object;
}

}  // namespace

std::function<Point(double)> straight(Point start, Point velocity) {
  return [=](double t) { return Point{start.x + velocity.x * t, start.y + velocity.y * t}; };
}

std::vector<double> steady(double fps, double seconds) {
  std::vector<double> times(static_cast<std::size_t>(std::lround(fps * seconds)));
  for (std::size_t i = 0; i < times.size(); ++i) times[i] = static_cast<double>(i) / fps;
  return times;
}

std::vector<SceneFrame> make_scene(const std::vector<Mover>& movers, const Detector& detector,
                                   const std::vector<double>& times) {
  std::mt19937 random(detector.seed);
  std::uniform_real_distribution<double> chance(0, 1);
  std::normal_distribution<double> noise(0, 1);
  std::vector<SceneFrame> frames;
  for (const double t : times) {
    SceneFrame& frame = frames.emplace_back();
    frame.t = t;
    for (std::size_t i = 0; i < movers.size(); ++i) {
      const Mover& mover = movers[i];
      if (!mover.life.contains(t) || in_any(mover.hidden, t)) continue;
      vision::Object object = object_at(mover, t);
      object.track = static_cast<std::int64_t>(i);
      frame.truth.push_back(object);
      object.track.reset();
      if (chance(random) < detector.missed) continue;
      object.score = static_cast<float>(in_any(mover.half_hidden, t) ? 0.2 + 0.2 * chance(random)
                                                                     : 0.75 + 0.2 * chance(random));
      for (float* corner : {&object.box.x1, &object.box.y1, &object.box.x2, &object.box.y2}) {
        *corner += static_cast<float>(detector.noise_px * noise(random));
      }
      frame.found.push_back(object);
    }
    for (double more = detector.false_boxes; chance(random) < more; more -= 1) {
      Mover ghost;
      const Point place{chance(random) * kWidth, chance(random) * kHeight};
      ghost.centre = [place](double) { return place; };
      vision::Object object = object_at(ghost, t);
      object.score = static_cast<float>(0.6 + 0.3 * chance(random));
      frame.found.push_back(object);
    }
    std::ranges::stable_sort(frame.found, std::ranges::greater{}, &vision::Object::score);
  }
  return frames;
}

}  // namespace fovea::testing_support
