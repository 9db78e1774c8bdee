// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pictures named in a text file, one path a line.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "pipeline/sources/source.hpp"

namespace fovea::pipeline {

/// A named path as a packet, or the Failure it is: not there, a folder, not a regular file.
Outcome<Packet> named_picture(const std::filesystem::path& path, std::string source);

/// Relative paths start at the list's own folder. Blank lines and lines that begin with
/// `#` are left out (write ./#name for a file of that name); CR LF and a byte order mark
/// are taken as Windows writes them. A path that is not there is a Failure in its place.
class ListSource : public Source {
 public:
  /// Throws ConfigError when the list cannot be opened.
  explicit ListSource(const std::filesystem::path& list);
  std::optional<Outcome<Packet>> next() override;

 private:
  std::filesystem::path folder_;
  std::ifstream lines_;
  std::uint64_t line_ = 0;
};

}  // namespace fovea::pipeline
