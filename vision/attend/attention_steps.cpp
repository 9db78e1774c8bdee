// SPDX-License-Identifier: Apache-2.0
#include "vision/attend/attention_steps.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "compute/ops/attention_maps.hpp"

namespace fovea::vision {

namespace ops = compute::ops;
using compute::DType;
using compute::ProgramBuilder;
using compute::Run;
using compute::Tensor;

namespace {

constexpr const char* kAsked = "asked";

std::string output_name(std::size_t i) { return fmt::format("attention.{}", i); }

ops::HeadChoice choice_of(const AttentionRequest& request) {
  switch (request.heads) {
    case AttentionHeads::mean:
      break;
    case AttentionHeads::max:
      return {ops::HeadMerge::max};
    case AttentionHeads::all:
      return {ops::HeadMerge::none};
    case AttentionHeads::one:
      return {ops::HeadMerge::mean, request.head, 1};
  }
  return {ops::HeadMerge::mean};
}

}  // namespace

AttentionSteps::AttentionSteps(const AttentionRequest& request, const VitConfig& config)
    : request_(request),
      heads_(config.heads),
      others_(other_tokens(config)),
      queries_(request.query == AttentionQuery::detections ? config.detection_tokens : 1),
      class_token_(config.class_token ? config.detection_tokens : others_) {
  check_attention(request, config);
  if (request.method == AttentionMethod::masking) {
    throw ConfigError("masking as a part of one run of the model", "InferenceOptions::attention",
                      "use TokenMasking, which runs the model once for each mask");
  }
  for (int& layer : request_.layers) {
    if (layer < 0) layer += config.layers;
  }
  if (request.method == AttentionMethod::rollout) request_.layers = {0};  // one map, of all
}

void AttentionSteps::append(ProgramBuilder& p, std::span<const Tensor> qkv) const {
  const std::int64_t batch = qkv.front().shape()[0], tokens = qkv.front().shape()[1];
  const auto scope = p.scope("attention");
  if (request_.method == AttentionMethod::rollout) {
    Tensor r = p.input(kAsked, {{batch, queries_, tokens}});
    for (std::size_t i = qkv.size(); i-- > 0;) r = ops::rollout(p, qkv[i], heads_, r);
    p.output(output_name(0), r);
    return;
  }
  const Tensor asked = p.input(kAsked, {{batch, queries_}, DType::i32});
  for (std::size_t i = 0; i < request_.layers.size(); ++i) {
    const auto layer = static_cast<std::size_t>(request_.layers[i]);
    p.output(output_name(i),
             ops::attention_rows(p, qkv[layer], heads_, asked, choice_of(request_)));
  }
}

void AttentionSteps::set(Run& run, int i, int q, PatchGrid grid, int token) const {
  assert(token >= 0 && token < tokens(grid));
  const auto row = static_cast<std::size_t>(i * queries_ + q);
  const std::span<std::byte> bytes = run.input(kAsked);
  if (request_.method == AttentionMethod::raw) {
    const auto value = static_cast<std::int32_t>(token);
    std::memcpy(bytes.data() + row * sizeof value, &value, sizeof value);
    return;
  }
  const auto length = static_cast<std::size_t>(tokens(grid));
  const auto values = reinterpret_cast<float*>(bytes.data()) + row * length;
  std::fill_n(values, length, 0.0f);
  values[token] = 1.0f;
}

void AttentionSteps::ask(Run& run, int pictures, PatchGrid grid) const {
  for (int i = 0; i < pictures; ++i) {
    for (int q = 0; q < queries_; ++q) {
      const bool detections = request_.query == AttentionQuery::detections;
      set(run, i, q, grid, detections ? q : class_token_);
    }
  }
}

void AttentionSteps::ask(Run& run, int i, PatchGrid grid, int token) const {
  set(run, i, 0, grid, token);
}

AttentionMaps AttentionSteps::maps(const Run& run, int i, PatchGrid grid) const {
  AttentionMaps maps;
  maps.layers = static_cast<int>(request_.layers.size());
  maps.heads = request_.heads == AttentionHeads::all ? heads_ : 1;
  maps.queries = queries_;
  maps.others = others_;
  maps.grid = grid;
  const std::size_t each = static_cast<std::size_t>(maps.heads * maps.queries) * maps.tokens();
  maps.weights.resize(request_.layers.size() * each);
  for (std::size_t layer = 0; layer < request_.layers.size(); ++layer) {
    const std::span<const std::byte> all = run.output(output_name(layer));
    std::memcpy(maps.weights.data() + layer * each,
                all.data() + static_cast<std::size_t>(i) * each * sizeof(float),
                each * sizeof(float));
  }
  return maps;
}

}  // namespace fovea::vision
