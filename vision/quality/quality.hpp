// SPDX-License-Identifier: Apache-2.0
#pragma once
// How good a picture is: one score for each flaw that is looked for, from 0 (nothing but it) to 1
// (none of it). docs/quality.md defines them and says where each comes from. Plain data.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace fovea::vision {

enum class Flaw : std::uint8_t {
  blur,         // out of focus, or too small a lens
  motion,       // the camera moved: sharper in one direction than in the other
  banding,      // a pattern of rows or columns
  moire,        // a pattern that runs across both
  blocks,       // of too strong a JPEG compression
  noise,        // fine grain; fine texture counts too
  exposure,     // too dark, too bright, or cut off at black and white
  obstruction,  // streams only: detail that was there before is gone
  frozen,       // streams only: not even the noise changes
};
inline constexpr std::array<std::string_view, 9> kFlawNames{
    "blur", "motion", "banding", "moire", "blocks", "noise", "exposure", "obstruction", "frozen"};
inline constexpr std::size_t kFlaws = kFlawNames.size();

constexpr std::string_view name_of(Flaw flaw) { return kFlawNames[static_cast<std::size_t>(flaw)]; }

/// A pattern's strongest wave.
struct Wave {
  double period_px = 0;
  double degrees = 0;  // across its stripes, counter-clockwise from rightwards: 0 <= degrees < 180
};

struct Quality {
  /// By Flaw; nothing where the picture is too small or too plain to tell, or is no stream's.
  std::array<std::optional<float>, kFlaws> scores;
  std::optional<double> blur_px;         // the Gaussian that blurs a usual photograph as much
  std::optional<double> motion_degrees;  // as Wave::degrees; where motion is below 1/2
  std::optional<Wave> wave;              // of banding or moire, where there is some
  std::vector<Flaw> low;                 // those below the least that was asked for

  std::optional<float>& operator[](Flaw flaw) { return scores[static_cast<std::size_t>(flaw)]; }
  const std::optional<float>& operator[](Flaw flaw) const {
    return scores[static_cast<std::size_t>(flaw)];
  }
};

}  // namespace fovea::vision
