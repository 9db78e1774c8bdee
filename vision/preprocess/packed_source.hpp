// SPDX-License-Identifier: Apache-2.0
#pragma once
// A picture and how it is to be resized, packed for the device's resampler
// (compute/ops/source_layout.hpp), whose pixels are then those of Preprocessor::resize(), bit for
// bit. Thread rule: pure but for the scratch, which belongs to one thread at a time.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vision/image.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::vision {

/// What one thread's packing keeps from picture to picture.
struct PackScratch {
  ResampleScratch resample;
  std::vector<ResampleTaps> columns, rows;  // of axes that copy samples
  cv::Mat resized;
};

/// Bytes of a source that has its output's size already: the least room that takes any picture.
std::size_t least_source_bytes(InputSize output);
/// Bytes that pack_source() fills for `image` where the device resizes it; 0 where it does not:
/// filters that are not Pillow's, and pixels made of more samples than one lane may sum.
std::size_t source_bytes(const Preprocessor& preprocessor, const Image& image,
                         PackScratch& scratch);
/// Packs `image` into `to`. Where source_bytes() says 0 or more than there is room for, the host
/// resizes it first. Requires: to.size() >=
/// least_source_bytes() of its output_size().
void pack_source(const Preprocessor& preprocessor, const Image& image, PackScratch& scratch,
                 std::span<std::uint8_t> to);

}  // namespace fovea::vision
