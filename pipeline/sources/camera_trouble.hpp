// SPDX-License-Identifier: Apache-2.0
#pragma once
// The same words for the same trouble, whatever the protocol.

#include <string>

namespace fovea::pipeline {

/// What an HTTP or RTSP server's refusal means for whoever wrote the address.
std::string refusal_text(int status);

}  // namespace fovea::pipeline
