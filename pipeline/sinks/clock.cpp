// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/clock.hpp"

#include <chrono>

#include <fmt/chrono.h>

namespace fovea::pipeline {

std::string utc_now() {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

}  // namespace fovea::pipeline
