// SPDX-License-Identifier: Apache-2.0
#pragma once
// Patterns on paths below a folder, for include and exclude.

#include <string>
#include <string_view>
#include <vector>

namespace fovea::pipeline {

/// One pattern. `*` and `?` match within one name, `**` matches any number of folders,
/// `[a-z]` and `[!a-z]` one character, `{a,b}` either. Letters match without case (ASCII):
/// `*.jpg` takes IMG.JPG. A pattern without `/` matches the last name of a path at any
/// depth; one with `/` the whole path below the folder. `thumbs/` matches folders only.
class Glob {
 public:
  /// Throws ConfigError when a bracket or brace is left open.
  explicit Glob(std::string_view pattern);

  /// `path` is relative to the folder, with `/` between its names.
  bool matches(std::string_view path, bool is_folder) const;
  /// Does the pattern spell out how the file's name ends ("*.dat", "a/b.x")?
  bool names_ending() const noexcept { return names_ending_; }

 private:
  std::vector<std::string> alternatives_;  // braces written out
  bool whole_path_ = false;
  bool folders_only_ = false;
  bool names_ending_ = false;
};

}  // namespace fovea::pipeline
