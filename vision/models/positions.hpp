// SPDX-License-Identifier: Apache-2.0
#pragma once
// Position embeddings moved from the grid a checkpoint was trained on to another one,
// on the host, once per model and size of its pictures.

#include <span>
#include <vector>

#include "vision/models/vit_config.hpp"

namespace fovea::vision {

struct PatchGrid {
  int rows = 0, columns = 0;

  int count() const { return rows * columns; }
  friend bool operator==(const PatchGrid&, const PatchGrid&) = default;
};

/// `values` [from.rows, from.columns, channels] resampled to [to.rows, to.columns, channels],
/// as torch.nn.functional.interpolate(mode="bicubic", align_corners=False) does, computed in
/// double. bicubic: a = -0.75, four neighbours, edges repeated; bicubic_antialias: a = -0.5,
/// the kernel widened by the reduction, cut at the edges and normalised.
/// Requires: values.size() == from.count() * channels, both grids non-empty.
std::vector<float> resample_positions(std::span<const float> values, PatchGrid from, PatchGrid to,
                                      int channels, PositionResampling resampling);

/// Position embeddings of a sequence over `grid`, a row per token: detection tokens, special
/// tokens (zeros where the checkpoint has none for them), patches. `stored` [T, C] is in the
/// checkpoint's order: special tokens, patches of its own grid, detection tokens. For ViT and DeiT
/// transformers takes that grid to be square, so for a model of another shape it has no answer to
/// compare with. Requires: stored.size() is what `config` says.
std::vector<float> sequence_positions(const VitConfig& config, std::span<const float> stored,
                                      PatchGrid grid);

}  // namespace fovea::vision
