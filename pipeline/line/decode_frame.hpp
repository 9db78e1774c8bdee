// SPDX-License-Identifier: Apache-2.0
#pragma once
// The frame that a packet decodes to.

#include "pipeline/decode/decode.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {

/// Its file, or its bytes where it has none. Throws FrameError for what cannot be decoded.
Frame decode_frame(const Packet& packet, const DecodeOptions& options);

}  // namespace fovea::pipeline
