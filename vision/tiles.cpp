// SPDX-License-Identifier: Apache-2.0
#include "vision/tiles.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace fovea::vision {

namespace {

// Above it two boxes are the same thing: the usual bound of non-maximum suppression.
constexpr float kSame = 0.5f;

/// Where tiles of `side` begin along a picture's `length`.
std::vector<int> starts(int length, int side, double overlap) {
  const double step = std::max(1.0, side * (1 - overlap));
  const int steps = static_cast<int>(std::ceil((length - side) / step));
  std::vector<int> at{0};
  for (int i = 1; i <= steps; ++i) {
    at.push_back(static_cast<int>(
        std::lround(static_cast<double>(i) * (length - side) / static_cast<double>(steps))));
  }
  return at;
}

struct Candidate {
  Object object;
  std::size_t part = 0;
  bool cut = false;
};

bool is_cut(const Box& box, cv::Size part, const cv::Rect& at, cv::Size picture) {
  constexpr float kReach = 2;  // pixels; detectors do not draw to the last one
  const auto w = static_cast<float>(part.width), h = static_cast<float>(part.height);
  return (at.x > 0 && box.x1 < kReach) || (at.y > 0 && box.y1 < kReach) ||
         (at.br().x < picture.width && box.x2 > w - kReach) ||
         (at.br().y < picture.height && box.y2 > h - kReach);
}

float shared_area(const Box& a, const Box& b) {
  const float width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  return width > 0 && height > 0 ? width * height : 0;
}

/// Does `kept`, which goes before it, stand for `later` too?
bool stands_for(const Candidate& kept, const Candidate& later) {
  if (kept.part == later.part || kept.object.id != later.object.id) return false;
  if (!later.cut) return iou(kept.object.box, later.object.box) > kSame;
  return shared_area(kept.object.box, later.object.box) > kSame * later.object.box.area();
}

}  // namespace

std::vector<cv::Rect> tiles_of(cv::Size picture, int size, double overlap) {
  const cv::Size tile(std::min(size, picture.width), std::min(size, picture.height));
  std::vector<cv::Rect> tiles;
  for (const int y : starts(picture.height, tile.height, overlap)) {
    for (const int x : starts(picture.width, tile.width, overlap)) {
      tiles.emplace_back(cv::Point(x, y), tile);
    }
  }
  return tiles;
}

std::vector<Object> merge_parts(cv::Size picture, std::vector<PartObjects> parts) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const cv::Rect& at = parts[i].part;
    const auto dx = static_cast<float>(at.x), dy = static_cast<float>(at.y);
    for (Object& object : parts[i].objects) {
      Candidate& one = candidates.emplace_back();
      one.part = i;
      one.cut = is_cut(object.box, at.size(), at, picture);
      one.object = std::move(object);
      Box& box = one.object.box;
      box = {box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy};
    }
  }
  std::ranges::stable_sort(
      candidates, {}, [](const Candidate& one) { return std::tuple(one.cut, -one.object.score); });
  std::vector<Candidate> kept;
  for (Candidate& one : candidates) {
    const bool known =
        std::ranges::any_of(kept, [&](const Candidate& before) { return stands_for(before, one); });
    if (!known) kept.push_back(std::move(one));
  }
  std::vector<Object> objects;
  for (Candidate& one : kept) objects.push_back(std::move(one.object));
  std::ranges::stable_sort(objects, std::ranges::greater{}, &Object::score);
  return objects;
}

}  // namespace fovea::vision
