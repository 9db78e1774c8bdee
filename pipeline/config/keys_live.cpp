// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/make_key.hpp"

namespace fovea::pipeline {

const Section& latency_section() {
  static const Section section{
      "latency",
      "How cameras, and videos in real time, keep up: late frames are let go and counted",
      "",
      {key("policy", ValueType::choice, &LatencyConfig::policy,
           "newest lets older frames go where there is no room; all makes the camera wait",
           {.choices = {"newest", "all"}}),
       key("queue", ValueType::integer, &LatencyConfig::queue,
           "Frames kept ready for each source; more cost memory and age", {.min = 1, .max = 1000}),
       key("max_age", ValueType::duration, &LatencyConfig::max_age,
           "Older frames do not go to the device",
           {.min = 0, .max = 3'600'000, .word_for_0 = "none"}),
       key("max_fps", ValueType::real, &LatencyConfig::max_fps,
           "Frames a second of one source, at most", {.min = 0, .max = 1000, .word_for_0 = "none"}),
       key("degrade", ValueType::texts, &LatencyConfig::degrade,
           "Asked for less of, in this order, where many frames are older than max_age",
           {.choices = {"fps", "size"}})}};
  return section;
}

const Section& batching_section() {
  static const Section section{
      "batching",
      "How frames of several streams share one submission",
      "",
      {key("max", ValueType::integer, &BatchingConfig::max,
           "Frames in one submission, at most; never more than batch", {.min = 1, .max = 1024}),
       key("max_wait", ValueType::duration, &BatchingConfig::max_wait,
           "Once there is a frame, wait so long for those of other sources",
           {.min = 0, .max = 60'000})}};
  return section;
}

}  // namespace fovea::pipeline
