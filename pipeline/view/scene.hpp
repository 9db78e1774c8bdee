// SPDX-License-Identifier: Apache-2.0
#pragma once
// The zones and lines that are drawn over the pictures, as the configuration has them.

#include <string>
#include <vector>

namespace fovea::pipeline {

struct ScenePoint {
  double x = 0, y = 0;
};

struct SceneShape {
  std::string name;
  std::vector<ScenePoint> points;  // two make a line, three and more a zone
  std::string source;              // empty: of every source
  bool pixels = false;             // else shares of the picture, 0..1
};

struct Scene {
  std::vector<SceneShape> shapes;
};

}  // namespace fovea::pipeline
