// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/sha256.hpp"

#include <array>

#include <gtest/gtest.h>

#include "vision/checkpoint/sha256_blocks.hpp"

namespace fovea::vision {
namespace {

std::string sha256(const std::string& text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.hex();
}

// NIST's examples for FIPS 180-4 (SHA256.pdf and SHA2_Additional.pdf).
TEST(Sha256, MatchesTheStandardsExamples) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(sha256(std::string(64, '\0')),
            "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
}

TEST(Sha256, DoesNotDependOnHowTheBytesArrive) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::string part = text.substr(0, length);
    Sha256 hash;
    for (std::size_t at = 0, step = 1; at < length; at += step, step = step % 70 + 1) {
      hash.update(std::as_bytes(std::span(part)).subspan(at, std::min(step, length - at)));
    }
    ASSERT_EQ(hash.hex(), sha256(part)) << length;
  }
}

TEST(Sha256, TheProcessorsOwnInstructionsGiveTheSame) {
  const Sha256Blocks accelerated = accelerated_sha256_blocks();
  if (accelerated == nullptr) GTEST_SKIP() << "this processor has none";
  std::array<std::byte, 66 * 64> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * i / 7);
  for (std::size_t count = 0; count < 65; ++count) {
    std::array<std::uint32_t, 8> wanted{1, 2, 3, 4, 0xfffffffe, 6, 7, 0x80000000}, got = wanted;
    sha256_blocks(wanted.data(), bytes.data() + count, count);
    accelerated(got.data(), bytes.data() + count, count);
    ASSERT_EQ(got, wanted) << count;
  }
}

}  // namespace
}  // namespace fovea::vision
