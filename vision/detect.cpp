// SPDX-License-Identifier: Apache-2.0
#include "vision/detect.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::vision {

namespace {

constexpr std::size_t kBoxValues = 4;

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

void require_finite(std::span<const float> row, std::size_t token) {
  const auto bad = std::ranges::find_if_not(row, [](float value) { return std::isfinite(value); });
  if (bad == row.end()) return;
  throw ModelError(
      "the model answered with a number that is not finite",
      fmt::format("value {} of detection token {} is {}", bad - row.begin(), token, *bad),
      "check the weights for damage, and try --precision fp32");
}

/// The largest class but for the last, and its share of the softmax over all.
Label best_class(std::span<const float> logits, std::span<const std::string> names) {
  const auto best = std::max_element(logits.begin(), logits.end() - 1);
  // Shifted by the largest logit, so that exp() cannot overflow.
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  const auto id = static_cast<std::size_t>(best - logits.begin());
  return {static_cast<int>(id), names[id], static_cast<float>(std::exp(*best - largest) / sum)};
}

Box scaled_box(std::span<const float> raw, int width_px, int height_px) {
  const auto side = [&](std::size_t center, std::size_t size, double direction, int pixels) {
    const double at = sigmoid(raw[center]) + direction * 0.5 * sigmoid(raw[size]);
    return static_cast<float>(std::clamp(at, 0.0, 1.0) * pixels);
  };
  return {side(0, 2, -1, width_px), side(1, 3, -1, height_px), side(0, 2, 1, width_px),
          side(1, 3, 1, height_px)};
}

}  // namespace

std::vector<Object> detected_objects(std::span<const float> answer,
                                     std::span<const std::string> names, int tokens,
                                     double min_score, int width_px, int height_px) {
  const std::size_t logits = names.size() + 1, length = logits + kBoxValues;
  assert(answer.size() == static_cast<std::size_t>(tokens) * length);
  std::vector<Object> objects;
  for (std::size_t token = 0; token < static_cast<std::size_t>(tokens); ++token) {
    const auto row = answer.subspan(token * length, length);
    require_finite(row, token);
    Label best = best_class(row.first(logits), names);
    if (!(best.score > min_score)) continue;
    Object object;
    object.box = scaled_box(row.subspan(logits), width_px, height_px);
    object.id = best.id;
    object.name = std::move(best.name);
    object.score = best.score;
    object.token = static_cast<int>(token);
    objects.push_back(std::move(object));
  }
  std::ranges::stable_sort(objects, std::ranges::greater{}, &Object::score);
  return objects;
}

}  // namespace fovea::vision
