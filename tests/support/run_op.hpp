// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs one operation on host values: builds a program around it, runs it once.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "compute/program.hpp"

namespace fovea::test {

/// A host tensor of f32.
struct Values {
  compute::Shape shape;
  std::vector<float> data;
};

/// Uniform in [-scale, scale), the same for the same seed on every machine.
inline Values random_values(const compute::Shape& shape, unsigned seed, float scale = 1.0f) {
  std::mt19937 generator(seed);
  Values values{shape, std::vector<float>(static_cast<std::size_t>(shape.element_count()))};
  for (float& value : values.data) {
    value = scale * (static_cast<float>(generator() >> 8) / 8388608.0f - 1.0f);
  }
  return values;
}

using Append =
    std::function<compute::Tensor(compute::ProgramBuilder&, const std::vector<compute::Tensor>&)>;

/// A host tensor of i32.
struct Indices {
  compute::Shape shape;
  std::vector<std::int32_t> data;
};

/// The operation's result for these inputs, `lists` behind the others.
inline Values run_op(compute::Device& device, const std::vector<Values>& inputs,
                     const std::vector<Indices>& lists, const Append& append) {
  compute::ProgramBuilder builder(device, "test");
  std::vector<compute::Tensor> tensors;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    tensors.push_back(builder.input("input" + std::to_string(i), {inputs[i].shape}));
  }
  for (std::size_t i = 0; i < lists.size(); ++i) {
    tensors.push_back(
        builder.input("list" + std::to_string(i), {lists[i].shape, compute::DType::i32}));
  }
  const compute::Tensor result = append(builder, tensors);
  builder.output("result", result);
  compute::Program program = std::move(builder).build(1);
  compute::Run run = program.begin();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto bytes = std::as_bytes(std::span(inputs[i].data));
    std::memcpy(run.input("input" + std::to_string(i)).data(), bytes.data(), bytes.size());
  }
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const auto bytes = std::as_bytes(std::span(lists[i].data));
    std::memcpy(run.input("list" + std::to_string(i)).data(), bytes.data(), bytes.size());
  }
  run.submit();
  run.wait();
  const auto bytes = run.output("result");
  Values values{result.shape(), std::vector<float>(bytes.size() / sizeof(float))};
  std::memcpy(values.data.data(), bytes.data(), bytes.size());
  return values;
}

/// The same where all inputs are of f32.
inline Values run_op(compute::Device& device, const std::vector<Values>& inputs,
                     const Append& append) {
  return run_op(device, inputs, {}, append);
}

/// Every |actual - expected| <= tolerance; the first that is not is named by its index.
inline void expect_close(const std::vector<float>& actual, const std::vector<double>& expected,
                         double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    // Written so that NaN fails.
    ASSERT_TRUE(std::abs(actual[i] - expected[i]) <= tolerance)
        << "element " << i << ": " << actual[i] << ", not " << expected[i] << " +- " << tolerance;
  }
}

/// The text of the Error that `statement` throws; fails the test when it throws none.
inline std::string error_text(const std::function<void()>& statement) {
  try {
    statement();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

}  // namespace fovea::test
