// SPDX-License-Identifier: Apache-2.0
#pragma once
// `fovea bench --plot out.svg`: throughput and latency over the batch, as a drawing that stands
// alone: no script, no font, no file beside it; dark where the reader's screen is.

#include <string>
#include <vector>

namespace fovea::pipeline {

struct PlotPoint {
  int batch = 1;
  double images_per_s = 0;
  double batch_ms = 0;  // from submitting a batch to its answers
};

struct PlotSeries {
  std::string name;               // "fp32"
  std::vector<PlotPoint> points;  // in any order; figures that are not finite are left out
};

struct Plot {
  std::string model, device, driver, program;  // any text; program: "fovea 0.1.0, Release"
  std::vector<PlotSeries> series;
};

/// An SVG document of 960 x 460 units. Texts are escaped and shortened to fit.
std::string plot_svg(const Plot& plot);

}  // namespace fovea::pipeline
