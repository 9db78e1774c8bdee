// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/decode_frame.hpp"

#include <utility>

namespace fovea::pipeline {

Frame decode_frame(const Packet& packet, const DecodeOptions& options) {
  Decoded decoded =
      packet.path.empty() ? decode_bytes(packet.bytes, options) : decode_file(packet.path, options);
  Frame frame;
  frame.image = std::move(decoded.image);
  frame.width_px = decoded.source_w;
  frame.height_px = decoded.source_h;
  frame.orientation = decoded.orientation;
  frame.truncated = decoded.truncated;
  frame.reduction = decoded.reduction;
  return frame;
}

}  // namespace fovea::pipeline
