// SPDX-License-Identifier: Apache-2.0
// Which plans a step could run by on this device, and the choice between them. All plans of a
// step read the same packed weights and add in the same order of depth; within one step of a
// matrix unit the order is the unit's.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "compute/ops/launch.hpp"
#include "compute/ops/linear_matrix.hpp"

namespace fovea::compute::ops {
namespace {

template <class Plan>
const Plan& chosen(ProgramBuilder& p, std::string step, const std::vector<Plan>& plans) {
  std::vector<std::string> names;
  for (const Plan& plan : plans) names.push_back(describe(plan));
  return plans[p.choose(std::move(step), std::move(names))];
}

std::string_view describe(Reads reads) {
  constexpr std::string_view kNames[] = {" bound", "", " texels"};
  return kNames[static_cast<std::size_t>(reads)];
}

/// The ways to read other than `first` that the device has.
std::vector<Reads> other_reads(const Device& device, Reads first) {
  std::vector<Reads> others;
  for (const Reads reads : {Reads::texels, Reads::addresses, Reads::buffers}) {
    if (reads != first && possible_reads(device, reads, 1) == reads) others.push_back(reads);
  }
  return others;
}

}  // namespace

std::string describe(const LinearPlan& plan) {
  return fmt::format("{} {} x {}{}", to_string(plan.variant), plan.rows, plan.columns,
                     describe(plan.reads));
}

std::string describe(const AttentionPlan& plan) {
  return fmt::format("{} {} queries{}", to_string(plan.variant), plan.rows, describe(plan.reads));
}

LinearPlan choose_linear(ProgramBuilder& p, const Linear& w, std::int64_t rows,
                         Activation activation, bool residual) {
  const LinearPlan first = plan_linear(p.device(), w, rows);
  std::vector<LinearPlan> plans{first};
  const auto also = [&](auto change) {
    LinearPlan plan = first;
    change(plan);
    if (describe(plan) != describe(first)) plans.push_back(plan);
  };
  // The likeliest first: a short search does not come to the end.
  if (first.variant == Variant::subgroup) {
    const DeviceLimits& limits = p.device().limits();
    const std::uint32_t narrow = 4 * limits.subgroup_size;
    also([&](LinearPlan& plan) { plan.columns = first.columns > narrow ? narrow : 2 * narrow; });
    for (const std::uint32_t tile : {32u, 24u, 16u, 8u}) {
      if (tile < rows + 8) also([&](LinearPlan& plan) { plan.rows = tile; });
    }
    for (const Reads reads : other_reads(p.device(), first.reads)) {
      also([&](LinearPlan& plan) { plan.reads = reads; });
    }
  } else if (w.layout == WeightLayout::rows && first.splits == 1) {
    // A product whose depth is split adds in another order, in a second step.
    for (const std::uint32_t tile : {64u, 128u}) {
      if (!matrix_tile_fits(p.device(), first.variant, tile)) continue;
      also([&](LinearPlan& plan) { plan.rows = plan.columns = tile; });
    }
  }
  constexpr const char* kActivations[] = {"", " gelu", " gelu_tanh", " gelu_quick", " relu"};
  return chosen(p,
                fmt::format("linear{} {}x{}x{} {}{}", residual ? "_add" : "", rows, w.out_features,
                            w.in_features, to_string(w.precision),
                            kActivations[static_cast<std::size_t>(activation)]),
                plans);
}

AttentionPlan choose_attention(ProgramBuilder& p, const Shape& qkv, int heads, Precision precision,
                               std::int64_t queries) {
  const std::int64_t asked = queries > 0 ? queries : qkv[1];
  const AttentionPlan first = plan_attention(p.device(), precision, qkv[1], asked, qkv[0] * heads);
  std::vector<AttentionPlan> plans{first};
  if (first.variant == Variant::subgroup) {
    AttentionPlan fewer = first;
    fewer.rows = 8;  // the same keys at a time, so the same sums
    plans.push_back(fewer);
    for (const Reads reads : other_reads(p.device(), first.reads)) {
      AttentionPlan otherwise = first;
      otherwise.reads = reads;
      plans.push_back(otherwise);
    }
  }
  return chosen(p, fmt::format("attention {} of {} {} heads", asked, to_string(qkv), heads), plans);
}

}  // namespace fovea::compute::ops
