// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which files the sink `attention` writes of a frame: for the sink, and for records that name them.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/config/sink_config.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {

/// A map and what it belongs to.
struct ShownMap {
  const AttentionMap* map = nullptr;
  std::optional<std::size_t> object;  // its place in Frame::objects; nothing: the whole picture
};
/// Those of the frame's maps that are of the picture or of an object that is still there.
std::vector<ShownMap> shown_maps(const Frame& frame);

struct AttentionFile {
  std::string kind;  // of attention_kinds()
  std::filesystem::path path;
};
/// In the order of attention_kinds(). `heads` only where there are several.
std::vector<AttentionFile> attention_files(const AttentionConfig& config, const FrameTag& tag,
                                           const ShownMap& shown);

}  // namespace fovea::pipeline
