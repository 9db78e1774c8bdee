// SPDX-License-Identifier: Apache-2.0
#pragma once
// `-`: paths on standard input, or one picture's bytes.

#include <atomic>
#include <cstdint>
#include <string>

#include "pipeline/sources/source.hpp"

namespace fovea::pipeline {

struct StdinOptions {
  int descriptor = 0;  // where to read from
  std::uint64_t max_bytes = 1ULL << 30;
  /// Once true, reading ends soon even if nothing more arrives.
  const std::atomic<bool>* stop = nullptr;
};

/// Input that opens like a picture is one picture. Otherwise it is paths: separated by NUL
/// (find -print0) where the first bytes hold one, by line ends elsewhere; each is given on as
/// soon as it has arrived. Relative paths start at the working folder.
class StdinSource : public Source {
 public:
  explicit StdinSource(const StdinOptions& options) : options_(options) {}
  std::optional<Outcome<Packet>> next() override;

 private:
  enum class Mode { unknown, lines, nul, over };

  /// Appends what has arrived to buffer_. False at the end of the input.
  bool read_more();
  Outcome<Packet> read_picture();
  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  StdinOptions options_;
  Mode mode_ = Mode::unknown;
  std::string buffer_;
  std::size_t begin_ = 0;     // of what is not yet given on
  std::size_t searched_ = 0;  // up to here there is no separator
  bool ended_ = false;
};

}  // namespace fovea::pipeline
