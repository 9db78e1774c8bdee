// SPDX-License-Identifier: Apache-2.0
#pragma once
// The right name for a misspelt one.

#include <span>
#include <string>
#include <string_view>

namespace fovea::pipeline {

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
int edit_distance(std::string_view a, std::string_view b);

/// The candidate that `word` most likely means, any case: a few letters away, or one that
/// contains the other ('batchsize' means 'batch'). Empty when nothing is near.
std::string nearest_name(std::string_view word, std::span<const std::string> candidates);

}  // namespace fovea::pipeline
