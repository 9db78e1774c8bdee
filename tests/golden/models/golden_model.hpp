// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tiny checkpoints of data/ with the reference implementation's answers, and the question
// whether other answers agree with them. scripts/goldens/make_model_goldens.py made them.

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "compute/device.hpp"
#include "compute/ops/transformer.hpp"
#include "tests/reference/vit.hpp"
#include "vision/checkpoint/checkpoint.hpp"

namespace fovea::golden {

/// Outputs by name, "embeddings", "block.0", ..., "logits": one picture's values, row-major.
using Trace = std::map<std::string, std::vector<float>>;

struct GoldenModel {
  std::string name;
  std::filesystem::path folder;
  int input_h = 0, input_w = 0;
  std::vector<std::vector<float>> pictures;  // each [3, H, W], as the model is given it
  std::vector<Trace> answers;                // one per picture
  std::vector<std::string> taps;             // in the order of the model
};

/// Every folder of data/ with goldens, sorted. For testing::ValuesIn.
std::vector<std::string> golden_names();
GoldenModel load_golden(const std::string& name);
/// "vit-plain" as GoogleTest allows it: "vit_plain".
std::string test_name(const testing::TestParamInfo<std::string>& test);

/// One output's largest difference as a part of the golden's range (max - min).
struct TapError {
  std::string tap;
  double of_range = 0;
  std::size_t at = 0;  // index of the largest
};
/// In the order of the model. Sizes that differ, and numbers that are not finite, count as
/// infinitely wrong.
std::vector<TapError> tap_errors(const GoldenModel& golden, const Trace& expected,
                                 const Trace& actual);
double worst(const std::vector<TapError>& errors);

/// Every output within `tolerance` of its range; the message names the first that is not.
testing::AssertionResult agree(const GoldenModel& golden, const Trace& expected,
                               const Trace& actual, double tolerance);

/// How far the largest logit is above the second, as a part of their range; 1 where there is one.
double margin(const Trace& trace);

/// The index of the largest logit.
std::size_t top1(const Trace& trace);

/// Runs `pictures` as one batch, every output tapped. One Trace per picture.
std::vector<Trace> run_on_device(compute::Device& device, const vision::Checkpoint& checkpoint,
                                 compute::ops::Precision precision, int input_h, int input_w,
                                 const std::vector<std::span<const float>>& pictures);

/// The slow twin on one picture, rounded to f32 at the end.
Trace run_reference(const vision::Checkpoint& checkpoint, int input_h, int input_w,
                    std::span<const float> picture, reference::WeightStorage weights);

}  // namespace fovea::golden
