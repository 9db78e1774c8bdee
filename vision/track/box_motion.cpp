// SPDX-License-Identifier: Apache-2.0
#include "vision/track/box_motion.hpp"

#include <algorithm>
#include <cstddef>

namespace fovea::vision {
namespace {

// Standard deviations as shares of the height; the aspect ratio's are absolute.
constexpr double kPosition = 1.0 / 20, kVelocity = 1.0 / 160;
constexpr double kAspect = 1e-2, kAspectVelocity = 1e-5, kAspectSeen = 1e-1;
// A height that was predicted to nothing would make every later step a division by zero.
constexpr double kLeastHeight_px = 1, kLeastAspect = 1e-3;

constexpr std::size_t kAspectPart = 2, kHeightPart = 3;

double square(double x) { return x * x; }

std::array<double, 4> measured(const Box& box) {
  const double height = std::max<double>(box.height(), kLeastHeight_px);
  return {(box.x1 + box.x2) / 2.0, (box.y1 + box.y2) / 2.0, box.width() / height, height};
}

}  // namespace

BoxMotion::BoxMotion(const Box& box) {
  const auto seen = measured(box);
  const double height = seen[kHeightPart];
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const bool aspect = i == kAspectPart;
    parts_[i].value = seen[i];
    parts_[i].value_var = square(aspect ? kAspect : 2 * kPosition * height);
    parts_[i].rate_var = square(aspect ? kAspectVelocity : 10 * kVelocity * height);
  }
}

void BoxMotion::predict(double frames, bool freeze_height) {
  if (freeze_height) parts_[kHeightPart].rate = 0;
  const double height = parts_[kHeightPart].value;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const bool aspect = i == kAspectPart;
    Part& part = parts_[i];
    part.value += frames * part.rate;
    part.value_var += frames * (2 * part.covariance + frames * part.rate_var) +
                      frames * square(aspect ? kAspect : kPosition * height);
    part.covariance += frames * part.rate_var;
    part.rate_var += frames * square(aspect ? kAspectVelocity : kVelocity * height);
  }
  parts_[kHeightPart].value = std::max(parts_[kHeightPart].value, kLeastHeight_px);
  parts_[kAspectPart].value = std::max(parts_[kAspectPart].value, kLeastAspect);
}

void BoxMotion::correct(const Box& box) {
  const auto seen = measured(box);
  const double height = parts_[kHeightPart].value;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Part& part = parts_[i];
    const double noise = square(i == kAspectPart ? kAspectSeen : kPosition * height);
    const double gain = part.value_var / (part.value_var + noise);
    const double rate_gain = part.covariance / (part.value_var + noise);
    const double surprise = seen[i] - part.value;
    part.value += gain * surprise;
    part.rate += rate_gain * surprise;
    part.rate_var -= rate_gain * part.covariance;
    part.covariance *= 1 - gain;
    part.value_var *= 1 - gain;
  }
  parts_[kHeightPart].value = std::max(parts_[kHeightPart].value, kLeastHeight_px);
  parts_[kAspectPart].value = std::max(parts_[kAspectPart].value, kLeastAspect);
}

Box BoxMotion::box() const {
  const double height = parts_[kHeightPart].value, width = parts_[kAspectPart].value * height;
  const double x = parts_[0].value, y = parts_[1].value;
  return {static_cast<float>(x - width / 2), static_cast<float>(y - height / 2),
          static_cast<float>(x + width / 2), static_cast<float>(y + height / 2)};
}

}  // namespace fovea::vision
