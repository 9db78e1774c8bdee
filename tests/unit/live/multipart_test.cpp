// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/multipart.hpp"

#include <gmock/gmock.h>

namespace fovea::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string jpeg(const std::string& inside) { return "\xff\xd8" + inside + "\xff\xd9"; }

std::string part(const std::string& body, bool with_length = true) {
  std::string head = "--frame\r\nContent-Type: image/jpeg\r\n";
  if (with_length) head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return head + "\r\n" + body + "\r\n";
}

/// What comes out, a JPEG as its inside, anything else as "! reason".
std::vector<std::string> read(MultipartReader& reader, const std::string& stream,
                              std::size_t piece = std::string::npos) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < stream.size(); at += std::min(piece, stream.size())) {
    reader.feed(std::string_view(stream).substr(at, piece));
    while (auto next = reader.next()) {
      if (const auto* reason = std::get_if<std::string>(&*next)) {
        out.push_back("! " + *reason);
        continue;
      }
      const auto& bytes = std::get<MultipartReader::Jpeg>(*next);
      const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      out.push_back(text.substr(2, text.size() - 4));
    }
  }
  return out;
}

TEST(MultipartBoundary, IsReadFromAllForms) {
  EXPECT_EQ(multipart_boundary("multipart/x-mixed-replace; boundary=frame"), "frame");
  EXPECT_EQ(multipart_boundary("Multipart/X-Mixed-Replace;Boundary=--frame"), "--frame");
  EXPECT_EQ(multipart_boundary("multipart/x-mixed-replace; boundary=\"a b\"; x=y"), "a b");
  EXPECT_EQ(multipart_boundary("multipart/x-mixed-replace; boundary=frame ; x=y"), "frame");
  EXPECT_EQ(multipart_boundary("text/html; boundary=frame"), "");
  EXPECT_EQ(multipart_boundary("multipart/x-mixed-replace"), "");
  EXPECT_EQ(multipart_boundary(""), "");
}

TEST(Multipart, GivesThePicturesWhateverThePieces) {
  const std::string stream = part(jpeg("one")) + part(jpeg("two"), false) + part(jpeg("three")) +
                             part(jpeg("four"), false);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
    MultipartReader reader("frame", 1000);
    EXPECT_THAT(read(reader, stream + "--frame", piece), ElementsAre("one", "two", "three", "four"))
        << piece;
  }
}

TEST(Multipart, DashesInTheBoundaryMakeNoDifference) {
  for (const char* boundary : {"frame", "--frame", "-frame"}) {
    MultipartReader reader(boundary, 1000);
    EXPECT_THAT(read(reader, part(jpeg("one")) + part(jpeg("two"))), ElementsAre("one", "two"));
  }
}

TEST(Multipart, LineEndsMayBeUnixOnes) {
  MultipartReader reader("frame", 1000);
  EXPECT_THAT(read(reader, "--frame\nContent-Type: image/jpeg\ncontent-length: 7\n\n" +
                               jpeg("one") + "\n--frame\n\n" + jpeg("two") + "\n--frame"),
              ElementsAre("one", "two"));
}

TEST(Multipart, GarbageBetweenPartsIsNamedOnceAndPassed) {
  MultipartReader reader("frame", 1000);
  const std::string garbage(300, '#');
  EXPECT_THAT(read(reader, part(jpeg("one")) + garbage + part(jpeg("two")), 16),
              ElementsAre("one", "! 300 bytes that belong to no picture", "two"));
}

TEST(Multipart, APreambleIsNoTrouble) {
  MultipartReader reader("frame", 1000);
  EXPECT_THAT(read(reader, "ignore me\r\n" + part(jpeg("one"))), ElementsAre("one"));
}

TEST(Multipart, APartThatIsNoJpegSaysWhatItIs) {
  MultipartReader reader("frame", 1000);
  EXPECT_THAT(
      read(reader, "--frame\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello\r\n" +
                       part(jpeg("two"))),
      ElementsAre("! a part that is no JPEG, but text/plain", "two"));
}

TEST(Multipart, AWrongLengthCostsItsOwnPictureOnly) {
  MultipartReader reader("frame", 1000);
  std::string wrong = part(jpeg("a long picture indeed"));
  wrong.replace(wrong.find("Length: 25"), 10, "Length: 12");
  const auto out = read(reader, wrong + part(jpeg("two")) + part(jpeg("three")));
  ASSERT_EQ(out.size(), 4u);
  EXPECT_THAT(out[1], HasSubstr("bytes that belong to no picture"));
  EXPECT_EQ(out[2], "two");
  EXPECT_EQ(out[3], "three");
}

TEST(Multipart, NeverHoldsMoreThanOnePart) {
  MultipartReader reader("frame", 1000);
  EXPECT_THAT(read(reader, part(jpeg(std::string(5000, 'x'))) + part(jpeg("two"))),
              ElementsAre("! a part of 5004 bytes is too large", "two"));
  EXPECT_THAT(read(reader, part(jpeg(std::string(5000, 'x')), false) + part(jpeg("two")), 100),
              ElementsAre("! a part that does not end", "two"));
  EXPECT_THAT(
      read(reader, "--frame\r\n" + std::string(20'000, 'h') + "\r\n" + part(jpeg("two")), 999),
      ElementsAre("! a part whose head does not end", "two"));
}

TEST(Multipart, AnEmptyOrAbsurdLengthIsLookedForInstead) {
  for (const char* length : {"", "-1", "12x", "99999999999999999999999"}) {
    MultipartReader reader("frame", 1000);
    EXPECT_THAT(read(reader, "--frame\r\nContent-Length: " + std::string(length) + "\r\n\r\n" +
                                 jpeg("one") + "\r\n" + part(jpeg("two"))),
                ElementsAre("one", "two"))
        << length;
  }
}

}  // namespace
}  // namespace fovea::pipeline
