// SPDX-License-Identifier: Apache-2.0
#pragma once
// The kinds of files that a map of attention becomes. docs/attention.md says what each holds.

#include <string>
#include <vector>

namespace fovea::pipeline {

inline const std::vector<std::string>& attention_kinds() {
  static const std::vector<std::string> kinds{"heat", "overlay", "npy", "heads"};
  return kinds;
}

}  // namespace fovea::pipeline
