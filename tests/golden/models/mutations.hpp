// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checkpoints that are wrong in one small way, to prove that the comparison would notice.

#include <filesystem>
#include <ostream>
#include <string>

namespace fovea::golden {

struct Mutation {
  const char* name;
  const char* model;     // a folder of data/
  const char* from;      // text of its config.json ...
  const char* to;        // ... and what stands there instead
  const char* first_at;  // the first output that must be wrong
};

inline constexpr Mutation kMutations[] = {
    {"tanh_in_place_of_erf", "vit-plain", R"("hidden_act": "gelu")", R"("hidden_act": "gelu_new")",
     "block.0"},
    {"sigmoid_in_place_of_erf", "vit-plain", R"("hidden_act": "gelu")",
     R"("hidden_act": "quick_gelu")", "block.0"},
    {"erf_in_place_of_tanh", "vit-gelu-new", R"("hidden_act": "gelu_new")",
     R"("hidden_act": "gelu")", "block.0"},
    {"another_epsilon", "vit-plain", R"("layer_norm_eps": 1e-12)", R"("layer_norm_eps": 1e-06)",
     "block.0"},
    {"no_epsilon_given", "vit-epsilon-1e-6", R"("layer_norm_eps": 1e-06,)", "", "block.0"},
    {"one_head_for_two", "vit-head-dim-24", R"("num_attention_heads": 2)",
     R"("num_attention_heads": 1)", "block.0"},
    {"positions_of_another_grid", "yolos-interpolated", "    32,\n    56", "    56,\n    32",
     "embeddings"},
};

inline void PrintTo(const Mutation& mutation, std::ostream* out) { *out << mutation.name; }

/// A copy of the mutation's model with its text replaced, in a folder of its own that dies
/// with this object. Throws std::runtime_error when the text is not there.
class MutatedFolder {
 public:
  explicit MutatedFolder(const Mutation& mutation, const std::filesystem::path& original);
  ~MutatedFolder();
  MutatedFolder(const MutatedFolder&) = delete;
  MutatedFolder& operator=(const MutatedFolder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace fovea::golden
