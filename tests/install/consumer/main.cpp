// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "compute/device.hpp"
#include "vision/classify.hpp"

int main() {
  for (const auto& device : fovea::compute::Device::list()) std::puts(device.name.c_str());
  const float logits[] = {0.0f, 3.0f};
  const std::string names[] = {"cat", "dog"};
  return fovea::vision::top_labels(logits, names, 1).front().name == "dog" ? 0 : 1;
}
