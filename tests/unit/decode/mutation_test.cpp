// SPDX-License-Identifier: Apache-2.0
// Damaged files of every format give a picture or a reason: never a crash, never another
// exception. Meant to run under the address and undefined-behaviour sanitizers too.
#include <algorithm>
#include <iostream>
#include <random>

#include <gtest/gtest.h>

#include "tests/unit/decode/bytes.hpp"

namespace fovea::pipeline::test {
namespace {

constexpr int kMutationsPerFile = 60;
constexpr std::uint64_t kHeader = 96;  // most of a file's meaning lies in its first bytes

/// A few bytes changed, a part removed or doubled, mostly near the beginning.
File mutated(File file, std::mt19937& random) {
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  const auto place = [&] {
    return below(below(4) == 0 ? file.size() : std::min<std::size_t>(kHeader, file.size()));
  };
  for (std::size_t changes = 1 + below(4); changes > 0 && !file.empty(); --changes) {
    const std::size_t at = place();
    const auto from = file.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(6)) {
      case 0:
        file[at] = std::byte{0xFF};
        break;
      case 1:
        file[at] = std::byte{0};
        break;
      case 2:
        file[at] ^= static_cast<std::byte>(1u << below(8));
        break;
      case 3:
        file[at] = static_cast<std::byte>(below(256));
        break;
      case 4:
        file.erase(from, from + static_cast<std::ptrdiff_t>(
                                    1 + below(std::min<std::size_t>(8, file.size() - at))));
        break;
      default: {
        const File doubled(from,
                           from + static_cast<std::ptrdiff_t>(
                                      1 + below(std::min<std::size_t>(16, file.size() - at))));
        file.insert(from, doubled.begin(), doubled.end());
      }
    }
  }
  return file;
}

TEST(DecodeMutations, EveryDamagedFileGivesAPictureOrAReason) {
  std::mt19937 random(20);  // NOLINT(cert-msc51-cpp): the same files every time
  int pictures = 0, reasons = 0;
  ::testing::internal::CaptureStderr();
  for (const auto& path : golden_pictures()) {
    const File whole = read(path);
    for (int i = 0; i < kMutationsPerFile; ++i) {
      const File file = mutated(whole, random);
      try {
        const DecodeOptions options{.max_pixels = 1'000'000, .accept_truncated = i % 2 == 0};
        const Decoded decoded = decode_bytes(file, options);
        ASSERT_EQ(decoded.image.rgb.type(), CV_8UC3);
        ASSERT_EQ(decoded.image.rgb.cols, decoded.source_w);
        ASSERT_LE(decoded.image.rgb.total(), options.max_pixels);
        ++pictures;
      } catch (const FrameError& error) {
        ASSERT_STRNE(error.what(), "");
        ++reasons;
      }
    }
  }
  const std::string heard = ::testing::internal::GetCapturedStderr();
  RecordProperty("pictures", pictures);
  RecordProperty("reasons", reasons);
  std::cout << pictures << " pictures, " << reasons << " reasons, "
            << std::count(heard.begin(), heard.end(), '\n') << " lines of libjpeg and libpng\n";
  EXPECT_EQ(heard.find("OpenCV"), std::string::npos) << heard;
  EXPECT_GT(pictures, 0);
  EXPECT_GT(reasons, pictures / 10);
}

}  // namespace
}  // namespace fovea::pipeline::test
