// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an AttentionRequest adds to a model's program: which tokens it is asked for, the rows it
// leaves readable, and what they mean. For vision/inference.cpp.
// Thread rule: immutable after construction; any thread may call.

#include <cstddef>
#include <cstdint>
#include <span>

#include "compute/program.hpp"
#include "vision/attend/attend.hpp"

namespace fovea::vision {

class AttentionSteps {
 public:
  /// Throws as check_attention(), and ConfigError for masking, which no single program answers.
  AttentionSteps(const AttentionRequest& request, const VitConfig& config);

  /// Appends the steps. `qkv` [B, T, 3C] is of every block: VitExtras::qkv.
  void append(compute::ProgramBuilder& p, std::span<const compute::Tensor> qkv) const;
  /// Asks for what the request says of all pictures, for CLS where it says nothing.
  void ask(compute::Run& run, int pictures, PatchGrid grid) const;
  /// Asks for `token` of picture i.
  void ask(compute::Run& run, int i, PatchGrid grid, int token) const;
  /// The rows of picture i.
  AttentionMaps maps(const compute::Run& run, int i, PatchGrid grid) const;

 private:
  std::int64_t tokens(PatchGrid grid) const { return others_ + grid.count(); }
  /// Asks for `token` of query q of picture i.
  void set(compute::Run& run, int i, int q, PatchGrid grid, int token) const;

  AttentionRequest request_;  // its layers counted from 0
  int heads_, others_, queries_, class_token_;
};

}  // namespace fovea::vision
