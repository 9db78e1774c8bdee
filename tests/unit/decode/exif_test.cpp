// SPDX-License-Identifier: Apache-2.0
// Orientation: reading it from hostile EXIF blocks, and turning pictures by it.
#include "pipeline/decode/exif.hpp"

#include <array>

#include <gtest/gtest.h>

#include "pipeline/decode/orientation.hpp"
#include "tests/unit/decode/bytes.hpp"

namespace fovea::pipeline {
namespace {

using test::big, test::bytes_of, test::File, test::little, test::operator+;
using namespace std::literals;

using Number = File (*)(std::uint64_t, std::size_t);

File block(Number number, std::string_view mark, std::uint64_t type, const File& value) {
  return bytes_of(mark) + number(8, 4) + number(2, 2) + number(0x010F, 2) + number(2, 2) +
         number(1, 4) + number(0, 4) + number(0x0112, 2) + number(type, 2) + number(1, 4) + value;
}

TEST(Exif, ReadsBothByteOrdersAndBothWholeNumberTypes) {
  EXPECT_EQ(exif_orientation(block(little, "II*\0"sv, 3, little(6, 2) + little(0, 2))), 6);
  EXPECT_EQ(exif_orientation(block(big, "MM\0*"sv, 3, big(7, 2) + big(0, 2))), 7);
  EXPECT_EQ(exif_orientation(block(big, "MM\0*"sv, 4, big(8, 4))), 8);
  EXPECT_EQ(exif_orientation(bytes_of("Exif\0\0"sv) + block(little, "II*\0"sv, 4, little(3, 4))),
            3);
}

TEST(Exif, OrientationsThatDoNotExistLeaveThePictureAlone) {
  EXPECT_EQ(exif_orientation(block(little, "II*\0"sv, 3, little(0, 4))), 1);
  EXPECT_EQ(exif_orientation(block(little, "II*\0"sv, 3, little(9, 4))), 1);
  EXPECT_EQ(exif_orientation(block(little, "II*\0"sv, 12, little(6, 4))), 1) << "a double";
}

TEST(Exif, EveryCutOfABlockIsRead) {
  const File whole = block(big, "MM\0*"sv, 3, big(6, 2) + big(0, 2));
  for (std::size_t size = 0; size < whole.size() - 2; ++size)
    EXPECT_EQ(exif_orientation(Bytes(whole).first(size)), 1) << "first " << size << " bytes";
}

TEST(Exif, OffsetsBeyondTheBlockAreHarmless) {
  for (const std::uint64_t offset : {0xFFFFFFFFull, 0x7FFFFFFFull, 26ull})
    EXPECT_EQ(exif_orientation(bytes_of("II*\0"sv) + little(offset, 4) + little(0xFFFF, 2)), 1);
}

TEST(Orientation, EveryValueTurnsTheFirstPixelToItsCorner) {
  // EXIF 2.3, Orientation: which corner of the upright picture the first stored pixel lies in,
  // and which neighbour comes next.
  struct Case {
    int orientation, first_row, first_column, next_row, next_column;
  };
  constexpr std::array cases = {Case{1, 0, 0, 0, 1}, Case{2, 0, 2, 0, 1}, Case{3, 1, 2, 1, 1},
                                Case{4, 1, 0, 1, 1}, Case{5, 0, 0, 1, 0}, Case{6, 0, 1, 1, 1},
                                Case{7, 2, 1, 1, 1}, Case{8, 2, 0, 1, 0}};
  for (const Case& expected : cases) {
    cv::Mat stored = cv::Mat::zeros(2, 3, CV_8UC3);
    stored.at<cv::Vec3b>(0, 0) = {1, 2, 3};
    stored.at<cv::Vec3b>(0, 1) = {4, 5, 6};
    const cv::Mat turned = upright(stored, expected.orientation);
    SCOPED_TRACE(expected.orientation);
    ASSERT_EQ(turned.size(), expected.orientation < 5 ? cv::Size(3, 2) : cv::Size(2, 3));
    EXPECT_EQ(turned.at<cv::Vec3b>(expected.first_row, expected.first_column), cv::Vec3b(1, 2, 3));
    EXPECT_EQ(turned.at<cv::Vec3b>(expected.next_row, expected.next_column), cv::Vec3b(4, 5, 6));
  }
}

}  // namespace
}  // namespace fovea::pipeline
