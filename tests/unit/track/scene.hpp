// SPDX-License-Identifier: Apache-2.0
#pragma once
// Streams of boxes whose truth is known: things that move, hide behind each other and are seen
// by a detector that errs.

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "vision/object.hpp"

namespace fovea::testing_support {

struct Point {
  double x = 0, y = 0;
};

struct Span {
  double from_s = 0, to_s = 0;
  bool contains(double t) const { return t >= from_s && t < to_s; }
};

/// Something that moves through the picture while `life` lasts.
struct Mover {
  int id = 0;  // class
  double width = 40, height = 100;
  std::function<Point(double t)> centre;
  Span life{0, 1e9};
  std::vector<Span> hidden;       // wholly: no detector sees it
  std::vector<Span> half_hidden;  // seen with a low score
};

/// At `start` at time 0, then straight on.
std::function<Point(double)> straight(Point start, Point velocity);

struct Detector {
  double noise_px = 0;     // of each corner
  double missed = 0;       // share of the boxes that are not found
  double false_boxes = 0;  // of high score, in a frame on average
  unsigned seed = 1;
};

/// One frame: what is there, and what the detector says.
struct SceneFrame {
  double t = 0;
  std::vector<vision::Object> truth;  // track: the mover's number
  std::vector<vision::Object> found;
};

inline constexpr double kWidth = 1280, kHeight = 720;

std::vector<SceneFrame> make_scene(const std::vector<Mover>& movers, const Detector& detector,
                                   const std::vector<double>& times);
/// 0, 1/fps, 2/fps ...
std::vector<double> steady(double fps, double seconds);

}  // namespace fovea::testing_support
