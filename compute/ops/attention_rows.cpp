// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <optional>

#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/attention_maps.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

constexpr std::int64_t kMaxDim = 128;
constexpr std::int64_t kMaxMerged = 64;  // heads: attention_rows.comp keeps two numbers of each
constexpr const char* kName = "attention_rows";

struct ScoresPush {
  std::uint32_t groups, heads, tokens, queries, first_head, chosen, first_token;
};
struct RowsPush {
  std::uint32_t rows, heads, queries, tokens;
};

struct Call {
  std::int64_t batch, tokens, heads, dim, queries, first_head, chosen;
};

std::uint32_t u32(std::int64_t value) { return static_cast<std::uint32_t>(value); }

Call checked(const Tensor& qkv, int heads, std::int64_t queries, const HeadChoice& choice) {
  require_f32(kName, "qkv", qkv, 3);
  const Shape& shape = qkv.shape();
  const std::string where = fmt::format("qkv {}, {} heads", to_string(shape), heads);
  if (heads < 1 || shape[2] % (3 * heads) != 0) {
    reject(kName, fmt::format("{} channels are not 3 x {} heads", shape[2], heads), where,
           "use a number of heads that divides the channels");
  }
  const std::int64_t count = choice.count > 0 ? choice.count : heads - choice.first;
  if (choice.first < 0 || count < 1 || choice.first + count > heads) {
    reject(kName, fmt::format("there are no {} heads from {} on", count, choice.first), where,
           fmt::format("choose among heads 0 to {}", heads - 1));
  }
  const std::int64_t dim = shape[2] / (3 * heads);
  if (dim > kMaxDim) {
    reject(kName, fmt::format("{} channels a head, at most {} are supported", dim, kMaxDim), where,
           "use a model with more heads");
  }
  if (choice.merge != HeadMerge::none && count > kMaxMerged) {
    reject(kName, fmt::format("{} heads to merge, at most {} are supported", count, kMaxMerged),
           where, "ask for single heads");
  }
  return {shape[0], shape[1], heads, dim, queries, choice.first, count};
}

/// -> [B, N, Q, T]. `asked` may be null: then queries are first_token and those behind it.
Tensor scores(ProgramBuilder& p, const Tensor& qkv, const Call& call, const Tensor* asked,
              std::int64_t first_token) {
  // Each key's row is loaded once for so many queries.
  const std::uint32_t rows = call.queries > 1 ? 8 : 1;
  const std::uint32_t lanes = elementwise_lanes(p.device());
  const std::int64_t groups =
      call.batch * call.chosen * ceil_div(call.queries, rows) * ceil_div(call.tokens, lanes);
  const Tensor s =
      p.value("attention_scores", {{call.batch, call.chosen, call.queries, call.tokens}});
  const ScoresPush push{u32(groups),          u32(call.heads),  u32(call.tokens), u32(call.queries),
                        u32(call.first_head), u32(call.chosen), u32(first_token)};
  const std::string name = fmt::format("attention_scores{}{}", asked != nullptr ? ".listed" : "",
                                       call.dim % 4 == 0 ? ".vec4" : "");
  const Kernel& kernel = kernels(p.device()).get(name, std::array{lanes, rows, u32(call.dim)});
  const auto grid = split_groups(p.device(), kName, groups);
  const double flop = 2.0 * static_cast<double>(s.shape().element_count() * call.dim);
  if (asked != nullptr) {
    p.dispatch("attention_scores", {kernel, {qkv, *asked}, {s}, push_bytes(push), grid, flop});
  } else {
    p.dispatch("attention_scores", {kernel, {qkv}, {s}, push_bytes(push), grid, flop});
  }
  return s;
}

/// s [B, N, Q, T] -> softmax of its rows, merged or not.
Tensor softmax(ProgramBuilder& p, const Tensor& s, const Call& call, HeadMerge merge) {
  const bool each = merge == HeadMerge::none;
  const std::int64_t merged = each ? 1 : call.chosen;
  const std::int64_t rows = call.batch * (each ? call.chosen : 1) * call.queries;
  const auto iterations = [&](std::uint32_t lanes) {
    return merged * (4 * ceil_div(call.tokens, lanes) + 2 * std::bit_width(lanes));
  };
  // Few lanes are fast on software devices, more reach further.
  std::uint32_t lanes = elementwise_lanes(p.device());
  if (iterations(lanes) > kMaxIterations) lanes = std::max(lanes, 64u);
  require_iterations(kName, iterations(lanes), to_string(s.shape()));

  const Shape all{call.batch, call.chosen, call.queries, call.tokens};
  const Tensor y = p.value(kName, {each ? all : Shape{call.batch, call.queries, call.tokens}});
  const RowsPush push{u32(rows), u32(merged), u32(call.queries), u32(call.tokens)};
  const std::uint32_t largest = merge == HeadMerge::max ? 1 : 0;
  p.dispatch(kName, {kernels(p.device()).get(kName, std::array{lanes, largest}),
                     {s},
                     {y},
                     push_bytes(push),
                     split_groups(p.device(), kName, rows),
                     5.0 * static_cast<double>(all.element_count())});
  return y;
}

}  // namespace

Tensor attention_rows(ProgramBuilder& p, const Tensor& qkv, int heads, const Tensor& asked,
                      const HeadChoice& choice) {
  const Shape& list = asked.shape();
  const Call call = checked(qkv, heads, list.rank() == 2 ? list[1] : 0, choice);
  if (asked.dtype() != DType::i32 || list.rank() != 2 || list[0] != call.batch) {
    reject(kName,
           fmt::format("the tokens asked for are {} {}, not i32 [{}, Q]", to_string(asked.dtype()),
                       to_string(list), call.batch),
           fmt::format("qkv {}", to_string(qkv.shape())), "give a list of tokens for each image");
  }
  return softmax(p, scores(p, qkv, call, &asked, 0), call, choice.merge);
}

Tensor attention_rows(ProgramBuilder& p, const Tensor& qkv, int heads, std::int64_t first,
                      std::int64_t count, const HeadChoice& choice) {
  const Call call = checked(qkv, heads, count, choice);
  if (first < 0 || count < 1 || first + count > call.tokens) {
    reject(kName, fmt::format("there are no {} tokens from {} on", count, first),
           fmt::format("qkv {}", to_string(qkv.shape())),
           fmt::format("ask for tokens 0 to {}", call.tokens - 1));
  }
  return softmax(p, scores(p, qkv, call, nullptr, first), call, choice.merge);
}

}  // namespace fovea::compute::ops
