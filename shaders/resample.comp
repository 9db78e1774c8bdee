// SPDX-License-Identifier: Apache-2.0
// resample   y[b, i, j, c] = byte(sum over k of byte(sum over l of
//                  source[b][rows[i].first + k, columns[j].first + l, c] * columns[j].weight[l])
//              * rows[i].weight[k]),   byte(s) = clamp((s + 2^21) >> 22, 0, 255)
//
// Shapes     sources [B, WORDS] packed as compute/ops/source_layout.hpp says   y [B, H, W, 3] u8
// Grid       a lane makes four pixels, three words of y; groups over x then y
// Precision  Pillow's 8-bit fixed point, columns first: the bits of vision/preprocess/resample
// Limits     taps of a row times taps of a column <= 10,000 (loop bound; the packer counts)
//            B * H * W <= 2^30, B * WORDS < 2^32
// Wrapper    compute/ops/resample.cpp     Oracle  tests/reference/resample.hpp
#version 460
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint LANES = 64;

layout(set = 0, binding = 0, std430) readonly buffer Sources { uint words[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Y { uint y[]; };
layout(push_constant) uniform Push {
  uint source_words;
  uint height;
  uint width;
  uint pixels;  // B * H * W
};

const int WEIGHT_BITS = 22;
const ivec3 HALF = ivec3(1 << (WEIGHT_BITS - 1));
const uint HEADER_WORDS = 2;

ivec3 to_byte(ivec3 sum) { return clamp(sum >> WEIGHT_BITS, 0, 255); }

/// The pixel whose first byte is the `at`th of the source that begins at word `base`.
ivec3 load(uint base, uint at) {
  // Three bytes lie in one word or in two neighbours.
  const uint first = words[base + at / 4], last = words[base + (at + 2) / 4];
  const uint place = at % 4;
  return ivec3(first >> (place * 8) & 0xff, (place == 3 ? last : first >> (place * 8 + 8)) & 0xff,
               last >> ((at + 2) % 4 * 8) & 0xff);
}

/// The first source sample, how many, and the word of the first weight.
uvec3 taps(uint at) { return uvec3(words[at], words[at + 1], words[at + 2]); }

ivec3 pixel(uint index) {
  const uint base = index / (height * width) * source_words;
  const uint i = index / width % height, j = index % width;
  const uvec3 column = taps(base + HEADER_WORDS + 3 * j);
  const uvec3 row = taps(base + HEADER_WORDS + 3 * (width + i));
  const uint row_pixels = words[base], pixels_at = words[base + 1];
  ivec3 sum = HALF;
  for (uint k = 0; k < row.y; ++k) {
    ivec3 narrowed = HALF;
    uint at = pixels_at + ((row.x + k) * row_pixels + column.x) * 3;
    for (uint l = 0; l < column.y; ++l, at += 3) {
      narrowed += load(base, at) * int(words[base + column.z + l]);
    }
    sum += to_byte(narrowed) * int(words[base + row.z + k]);
  }
  return to_byte(sum);
}

void main() {
  const uint group = gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
  const uint first = (group * LANES + gl_LocalInvocationID.x) * 4;
  if (first >= pixels) return;
  uint packed[3] = uint[3](0, 0, 0);
  [[unroll]] for (uint p = 0; p < 4; ++p) {
    if (first + p >= pixels) break;
    const uvec3 made = uvec3(pixel(first + p));
    [[unroll]] for (uint c = 0; c < 3; ++c) {
      packed[(p * 3 + c) / 4] |= made[c] << ((p * 3 + c) % 4 * 8);
    }
  }
  const uint words_of_y = (pixels * 3 + 3) / 4;
  for (uint w = 0; w < 3; ++w) {
    if (first / 4 * 3 + w < words_of_y) y[first / 4 * 3 + w] = packed[w];
  }
}
