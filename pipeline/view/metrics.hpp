// SPDX-License-Identifier: Apache-2.0
#pragma once
// A live run's figures in Prometheus' text format 0.0.4. docs/page.md lists every name.

#include <string>

#include "pipeline/live/status.hpp"

namespace fovea::pipeline {

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_text(const LiveStatus& status, const std::string& version);

}  // namespace fovea::pipeline
