// SPDX-License-Identifier: Apache-2.0
#pragma once
// Events as JSON: the same in records, in the events file and in what a webhook gets.

#include <functional>
#include <string>
#include <vector>

#include "pipeline/frame.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {

/// {"event":"line_cross","line":"door","dir":"in","count":3,"track":7,"object":"person"}.
Json to_json(const Event& event);

/// An event that stands alone, without newline: also schema, source, frame and time.
std::string to_event_line(const Event& event, const FrameTag& tag);

/// Is the event one of these kinds? Of any where there are none.
bool is_wanted(const Event& event, const std::vector<std::string>& kinds);

/// Calls `take` with to_event_line() of every wanted event; with none of a failure.
void for_each_event(const Outcome<Frame>& outcome, const std::vector<std::string>& kinds,
                    const std::function<void(std::string)>& take);

}  // namespace fovea::pipeline
