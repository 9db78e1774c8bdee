// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a classifier's logits to named answers.

#include <span>
#include <string>
#include <vector>

namespace fovea::vision {

struct Label {
  int id = 0;
  std::string name;
  float score = 0;  // softmax probability over all classes, 0..1
};

/// The `top` best labels (all of them where there are fewer), best first; ties go to the
/// smaller id. Softmax in double. Throws ModelError when a logit is not finite.
/// Requires: logits.size() == names.size() >= 1, top >= 1.
std::vector<Label> top_labels(std::span<const float> logits, std::span<const std::string> names,
                              int top);

}  // namespace fovea::vision
