// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who belongs to whom: the cheapest one-to-one matching of rows and columns. Pure function.

#include <cstddef>
#include <span>
#include <vector>

namespace fovea::vision {

inline constexpr std::size_t kUnmatched = static_cast<std::size_t>(-1);

/// For each row its column, or kUnmatched. `costs` [rows, cols], row after row. Only pairs below
/// `limit` are matched; the sum of (limit - cost) over all pairs is as large as it can be, so
/// leaving two apart costs as much as a pair at the limit. Time O(n^2 m), n the smaller side
/// (Kuhn 1955, with the potentials of Jonker and Volgenant 1987).
std::vector<std::size_t> match_rows(std::span<const double> costs, std::size_t rows,
                                    std::size_t cols, double limit);

}  // namespace fovea::vision
