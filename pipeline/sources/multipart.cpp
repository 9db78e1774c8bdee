// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/multipart.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace fovea::pipeline {

namespace {

constexpr std::size_t kMaxHead = 16 * 1024;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// The value of the head's line `name` (lower case); empty where there is none.
std::string_view field(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || lower(trimmed(line.substr(0, colon))) != name) continue;
    return trimmed(line.substr(colon + 1));
  }
  return {};
}

}  // namespace

std::string multipart_boundary(std::string_view content_type) {
  if (!lower(trimmed(content_type)).starts_with("multipart/")) return {};
  const std::size_t at = lower(content_type).find("boundary=");
  if (at == std::string::npos) return {};
  std::string_view value = trimmed(content_type.substr(at + std::strlen("boundary=")));
  if (value.starts_with('"')) {
    value.remove_prefix(1);
    return std::string(value.substr(0, value.find('"')));
  }
  return std::string(trimmed(value.substr(0, value.find(';'))));
}

MultipartReader::MultipartReader(std::string_view boundary, std::size_t max_bytes)
    : max_bytes_(max_bytes) {
  while (boundary.starts_with('-')) boundary.remove_prefix(1);
  delimiter_ = fmt::format("--{}", boundary);
}

void MultipartReader::feed(std::string_view bytes) { buffer_.append(bytes); }

std::optional<MultipartReader::Part> MultipartReader::next() {
  while (true) {
    const At before = at_;
    const std::size_t had = buffer_.size();
    std::optional<Part> part;
    switch (at_) {
      case At::gap:
        part = leave_gap();
        break;
      case At::head:
        part = read_head();
        break;
      case At::body:
        part = read_body();
        break;
    }
    if (part) return part;
    if (at_ == before && buffer_.size() == had) return std::nullopt;
  }
}

std::optional<MultipartReader::Part> MultipartReader::leave_gap() {
  const std::size_t found = buffer_.find(delimiter_);
  // A delimiter may have begun at the end of what is there.
  const std::size_t gap = found != std::string::npos
                              ? found
                              : buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1);
  stray_ += static_cast<std::uint64_t>(
      std::count_if(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(gap),
                    [](unsigned char c) { return std::isspace(c) == 0 && c != '-'; }));
  if (found == std::string::npos) {
    drop(gap);
    return std::nullopt;
  }
  drop(found + delimiter_.size());
  at_ = At::head;
  const std::uint64_t stray = std::exchange(stray_, 0);
  if (std::exchange(first_, false) || stray == 0) return std::nullopt;
  return Part(fmt::format("{} bytes that belong to no picture", stray));
}

std::optional<MultipartReader::Part> MultipartReader::read_head() {
  const std::size_t with_cr = buffer_.find("\r\n\r\n");
  const std::size_t without = buffer_.find("\n\n");
  const std::size_t end = std::min(with_cr, without);
  if (std::min(end, buffer_.size()) > kMaxHead) return spoilt("a part whose head does not end");
  if (end == std::string::npos) return std::nullopt;
  const std::string head = buffer_.substr(0, end);
  drop(end + (end == with_cr ? 4 : 2));
  type_ = std::string(field(head, "content-type"));
  length_.reset();
  const std::string_view text = field(head, "content-length");
  std::size_t length = 0;
  if (const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), length);
      !text.empty() && error == std::errc() && stop == text.data() + text.size() && length > 0) {
    if (length > max_bytes_) return spoilt(fmt::format("a part of {} bytes is too large", length));
    length_ = length;
  }
  at_ = At::body;
  return std::nullopt;
}

std::optional<MultipartReader::Part> MultipartReader::read_body() {
  std::size_t size = 0;
  if (length_) {
    if (buffer_.size() < *length_) return std::nullopt;
    size = *length_;
  } else {
    const std::size_t found = buffer_.find(delimiter_, searched_);
    if (found == std::string::npos) {
      searched_ = buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1);
      if (buffer_.size() <= max_bytes_) return std::nullopt;
      return spoilt("a part that does not end");
    }
    size = found;
  }
  std::string_view body(buffer_.data(), size);
  if (!length_) body = body.substr(0, body.find_last_not_of("\r\n") + 1);
  std::optional<Part> part;
  if (body.starts_with("\xff\xd8")) {
    const auto* bytes = reinterpret_cast<const std::byte*>(body.data());
    part = Jpeg(bytes, bytes + body.size());
  } else {
    part = fmt::format("a part that is no JPEG{}{}", type_.empty() ? "" : ", but ", type_);
  }
  drop(size);
  at_ = At::gap;
  return part;
}

void MultipartReader::drop(std::size_t count) {
  buffer_.erase(0, count);
  searched_ = 0;
}

std::optional<MultipartReader::Part> MultipartReader::spoilt(std::string reason) {
  at_ = At::gap;
  searched_ = 0;
  first_ = true;  // what is left of this part is no second trouble
  return Part(std::move(reason));
}

}  // namespace fovea::pipeline
