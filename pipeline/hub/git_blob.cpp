// SPDX-License-Identifier: Apache-2.0
#include "pipeline/hub/git_blob.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

namespace fovea::pipeline {
namespace {

void sha1_block(std::array<std::uint32_t, 5>& state, const std::byte* at) {
  std::array<std::uint32_t, 80> w;
  for (std::size_t i = 0; i < 16; ++i) {
    w[i] = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      w[i] = w[i] << 8 | std::to_integer<std::uint32_t>(at[4 * i + j]);
    }
  }
  for (std::size_t i = 16; i < 80; ++i) {
    w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  }
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < 80; ++i) {
    const std::uint32_t f = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                            : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                            : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                                     : (b ^ c ^ d) + 0xca62c1d6;
    const std::uint32_t next = std::rotl(a, 5) + f + e + w[i];
    e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
  }
  const std::array<std::uint32_t, 5> add{a, b, c, d, e};
  for (std::size_t i = 0; i < 5; ++i) state[i] += add[i];
}

}  // namespace

std::string git_blob_id(std::span<const std::byte> content) {
  const std::string prefix = fmt::format("blob {}", content.size());
  std::vector<std::byte> message;
  message.reserve(prefix.size() + content.size() + 73);
  for (const char c : prefix) message.push_back(static_cast<std::byte>(c));
  message.push_back(std::byte{0});
  message.insert(message.end(), content.begin(), content.end());
  const std::uint64_t bits = std::uint64_t{message.size()} * 8;
  message.push_back(std::byte{0x80});
  while (message.size() % 64 != 56) message.push_back(std::byte{0});
  for (int shift = 56; shift >= 0; shift -= 8) {
    message.push_back(static_cast<std::byte>(bits >> shift));
  }
  std::array<std::uint32_t, 5> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (std::size_t at = 0; at < message.size(); at += 64) sha1_block(state, message.data() + at);
  std::string out;
  for (const std::uint32_t word : state) out += fmt::format("{:08x}", word);
  return out;
}

}  // namespace fovea::pipeline
