// SPDX-License-Identifier: Apache-2.0
#pragma once
// The JPEGs in a multipart/x-mixed-replace stream. Finds its way again after bytes that do not
// belong there, and never holds more than one part.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fovea::pipeline {

/// The boundary that a Content-Type names; empty where it is no multipart stream.
std::string multipart_boundary(std::string_view content_type);

class MultipartReader {
 public:
  using Jpeg = std::vector<std::byte>;
  /// A picture, or why what stood in its place is none.
  using Part = std::variant<Jpeg, std::string>;

  /// `boundary` with or without the dashes in front, as cameras disagree on that. A part of more
  /// than `max_bytes` is passed over.
  MultipartReader(std::string_view boundary, std::size_t max_bytes);

  /// What has arrived.
  void feed(std::string_view bytes);
  /// The next whole part; nothing until more has been fed.
  std::optional<Part> next();

 private:
  enum class At : std::uint8_t { gap, head, body };

  std::optional<Part> leave_gap();
  std::optional<Part> read_head();
  std::optional<Part> read_body();
  void drop(std::size_t count);
  std::optional<Part> spoilt(std::string reason);

  std::string delimiter_;
  std::size_t max_bytes_;
  std::string buffer_;
  At at_ = At::gap;
  bool first_ = true;        // nothing but a preamble so far, which may say anything
  std::uint64_t stray_ = 0;  // bytes in this gap that are neither delimiter nor white space
  std::optional<std::size_t> length_;  // of the body, where its head says so
  std::string type_;                   // "image/jpeg"
  std::size_t searched_ = 0;           // up to here there is no delimiter
};

}  // namespace fovea::pipeline
