// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/colour_map.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace fovea::pipeline {
namespace {

// Every 16th of the map, from dark violet to yellow; between two of them it is nearly straight.
constexpr std::array<std::array<double, 3>, 17> kColours{{{68, 1, 84},
                                                          {72, 24, 106},
                                                          {71, 45, 123},
                                                          {66, 64, 134},
                                                          {59, 82, 139},
                                                          {51, 99, 141},
                                                          {44, 114, 142},
                                                          {38, 130, 142},
                                                          {33, 145, 140},
                                                          {31, 159, 136},
                                                          {39, 173, 129},
                                                          {61, 188, 116},
                                                          {92, 200, 99},
                                                          {129, 211, 77},
                                                          {170, 220, 50},
                                                          {213, 226, 26},
                                                          {253, 231, 37}}};

}  // namespace

cv::Vec3b colour_at(double value) {
  const double share = value > 0 ? std::min(value, 1.0) : 0.0;
  const double at = share * (kColours.size() - 1);
  const std::size_t below = std::min(static_cast<std::size_t>(at), kColours.size() - 2);
  const double part = at - static_cast<double>(below);
  cv::Vec3b colour;
  for (std::size_t c = 0; c < 3; ++c) {
    const double mixed = kColours[below][c] * (1 - part) + kColours[below + 1][c] * part;
    colour[static_cast<int>(c)] = static_cast<unsigned char>(std::lround(mixed));
  }
  return colour;
}

const std::array<cv::Vec3b, 256>& colour_table() {
  static const std::array<cv::Vec3b, 256> table = [] {
    std::array<cv::Vec3b, 256> colours;
    for (std::size_t i = 0; i < colours.size(); ++i) {
      colours[i] = colour_at(static_cast<double>(i) / 255);
    }
    return colours;
  }();
  return table;
}

}  // namespace fovea::pipeline
