// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cameras with real protocols in front of a model that takes no time.

#include <utility>

#include "pipeline/decode/decode.hpp"
#include "pipeline/live/make_sources.hpp"
#include "tests/live/fake_cameras.hpp"

namespace fovea::pipeline::fakes {

inline Chain real_chain(int batch = 4) {
  const auto decode = [](const Packet& packet) {
    Decoded decoded = packet.path.empty() ? decode_bytes(packet.bytes) : decode_file(packet.path);
    Frame frame;
    frame.image = std::move(decoded.image);
    frame.width_px = decoded.source_w;
    frame.height_px = decoded.source_h;
    return frame;
  };
  return chain_of(decode, std::make_unique<SlowModel>(batch, 50us));
}

/// A camera as a configuration describes it, that tries again within milliseconds.
inline SourceConfig quick_config(SourceKind kind, std::string name, std::string address) {
  SourceConfig config;
  config.kind = kind;
  config.name = std::move(name);
  config.address = std::move(address);
  config.reconnect = {5ms, 20ms, 0.2};
  return config;
}

inline std::vector<LiveSource> sources_of(std::vector<SourceConfig> configs,
                                          LatencyConfig latency = {}) {
  RunConfig run;
  run.sources = std::move(configs);
  run.latency = latency;
  return make_live_sources(run, {});
}

}  // namespace fovea::pipeline::fakes
