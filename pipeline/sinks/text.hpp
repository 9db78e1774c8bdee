// SPDX-License-Identifier: Apache-2.0
#pragma once
// File names and labels are other people's bytes: here they become safe to write into
// JSON, CSV, HTML and a terminal. Pure functions.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace fovea::pipeline {

bool is_utf8(std::string_view text);

/// `text` with every byte that is not UTF-8 replaced by U+FFFD.
std::string to_utf8(std::string_view text);

/// What results call a picture: the path itself when it is UTF-8. A path that is not (or
/// that begins with "file:") becomes "file:" and its bytes percent-encoded, so that no byte
/// is lost. Python: os.fsdecode(urllib.parse.unquote_to_bytes(source[5:])).
std::string source_field(std::string_view path);

/// Every byte but letters, digits and "-._~/" as %XX: a path for href="..." or a file: URI.
std::string percent_encode_path(std::string_view bytes);

/// Text for HTML content and quoted attributes; control characters become U+FFFD.
std::string html_escape(std::string_view text);

std::string base64(std::span<const unsigned char> bytes);

/// Text for a terminal: UTF-8, and control characters, which could move the cursor or
/// change colours, become U+FFFD.
std::string printable(std::string_view text);

/// Terminal columns that printable UTF-8 `text` takes: wide East Asian characters two,
/// combining marks none.
int columns(std::string_view text);

enum class Cut { start, end };

/// `text` in exactly `width` columns: padded with spaces, or shortened at one end with
/// `ellipsis`. Never cuts inside a character.
std::string fit(std::string_view text, int width, Cut cut, std::string_view ellipsis);

/// 1234567 -> "1,234,567"
std::string with_commas(std::uint64_t number);

/// "1 picture", "1,234 pictures"
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);
/// " (change 812)": the stages that let so many pictures go; empty where `filter` alone did.
std::string filters_text(const std::map<std::string, std::uint64_t>& filtered_by);

}  // namespace fovea::pipeline
