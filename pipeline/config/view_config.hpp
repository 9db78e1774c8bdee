// SPDX-License-Identifier: Apache-2.0
#pragma once
// The page of a live run, as plain data. docs/page.md says what it shows and to whom.

#include <string>
#include <vector>

#include "pipeline/config/place.hpp"

namespace fovea::pipeline {

struct ViewConfig {
  std::string http = "127.0.0.1:8080";  // where it listens
  std::string token;                    // who knows it may look; empty: whoever reaches it
  std::vector<std::string> hosts;       // further names that it is called by
  int fps = 10;
  int max_px = 960;
  Place place;
};

/// Shorter ones can be guessed.
inline constexpr std::size_t kShortestToken = 16;

}  // namespace fovea::pipeline
