// SPDX-License-Identifier: Apache-2.0
#pragma once
// Curves over a share, both axes from 0 to 1, as an SVG for light and dark pages. For the reports
// of this folder. Pure functions.

#include <cstddef>
#include <string>
#include <vector>

namespace fovea::pipeline {

struct ChartLine {
  static constexpr int kStrong = -1;
  std::string name, value;     // in the legend; texts, not yet escaped
  std::vector<double> points;  // evenly from 0 to 1
  int colour = kStrong;        // of kChartColours, or the page's own, thicker
};

/// As many as can be told apart.
inline constexpr std::size_t kChartColours = 8;

struct Chart {
  std::string title, subtitle, x_name, y_name;
  std::vector<ChartLine> lines;  // drawn in this order
  std::string note;              // below the legend
};

/// Requires: two points or more in each line, colours below kChartColours.
std::string chart_svg(const Chart& chart);

}  // namespace fovea::pipeline
