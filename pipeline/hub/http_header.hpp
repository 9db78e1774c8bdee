// SPDX-License-Identifier: Apache-2.0
#pragma once
// What HttpClient and HttpStream share of libcurl. For http_*.cpp only.

#include <string_view>

#include <curl/curl.h>

#include "pipeline/hub/http_client.hpp"

namespace fovea::pipeline {

inline constexpr const char* kUserAgent = "fovea/" FOVEA_VERSION;

/// Once a process. Throws Error where libcurl does not start.
void start_libcurl();

/// Takes in one line of an answer's head. A new status line forgets the headers before it: they
/// were of an interim answer.
void read_header_line(std::string_view line, HttpResponse& response);

/// The curl tool's variable for a certificate bundle of one's own; the library ignores it.
void use_certificate_bundle(CURL* curl);

}  // namespace fovea::pipeline
