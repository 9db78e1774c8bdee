// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/models/golden_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "compute/buffer.hpp"
#include "compute/program.hpp"
#include "tests/support/places.hpp"
#include "vision/models/model.hpp"
#include "vision/preprocess/npy.hpp"

namespace fovea::golden {

namespace fs = std::filesystem;

namespace {

const fs::path kData = fovea::test::source_dir() / "tests/golden/models/data";

std::vector<float> part(const std::vector<float>& values, std::size_t index, std::size_t parts) {
  const std::size_t size = values.size() / parts;
  const auto first = values.begin() + static_cast<std::ptrdiff_t>(index * size);
  return {first, first + static_cast<std::ptrdiff_t>(size)};
}

std::vector<float> floats(std::span<const std::byte> bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

}  // namespace

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kData)) {
    if (fs::exists(entry.path() / "golden")) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

GoldenModel load_golden(const std::string& name) {
  GoldenModel golden;
  golden.name = name;
  golden.folder = kData / name;
  const fs::path answers = golden.folder / "golden";
  const vision::NpyArray pictures = vision::read_npy(answers / "pictures.npy");
  const std::size_t count = pictures.shape.at(0);
  golden.input_h = static_cast<int>(pictures.shape.at(2));
  golden.input_w = static_cast<int>(pictures.shape.at(3));
  for (std::size_t i = 0; i < count; ++i) {
    golden.pictures.push_back(part(pictures.values, i, count));
    for (float& value : golden.pictures.back()) value = (value - 127.5f) / 127.5f;
  }

  golden.taps.push_back("embeddings");
  for (int i = 0; fs::exists(answers / fmt::format("block.{}.npy", i)); ++i) {
    golden.taps.push_back(fmt::format("block.{}", i));
  }
  golden.taps.push_back("logits");
  golden.answers.resize(count);
  for (const std::string& tap : golden.taps) {
    const vision::NpyArray array = vision::read_npy(answers / (tap + ".npy"));
    for (std::size_t i = 0; i < count; ++i) {
      golden.answers[i][tap] = part(array.values, i, count);
    }
  }
  return golden;
}

std::vector<TapError> tap_errors(const GoldenModel& golden, const Trace& expected,
                                 const Trace& actual) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  std::vector<TapError> errors;
  for (const std::string& tap : golden.taps) {
    const std::vector<float>& right = expected.at(tap);
    const auto found = actual.find(tap);
    if (found == actual.end() || found->second.size() != right.size()) {
      errors.push_back({tap, kInfinite, 0});
      continue;
    }
    const auto [least, most] = std::minmax_element(right.begin(), right.end());
    // One logit alone has no range; its size stands in.
    const double range = right.size() > 1 ? double{*most} - *least : std::abs(double{*most});
    TapError error{tap, 0, 0};
    for (std::size_t i = 0; i < right.size(); ++i) {
      const double difference = std::abs(double{found->second[i]} - right[i]) / range;
      if (!(difference <= error.of_range)) {
        error = {tap, std::isfinite(difference) ? difference : kInfinite, i};
      }
      if (error.of_range == kInfinite) break;
    }
    errors.push_back(error);
  }
  return errors;
}

double worst(const std::vector<TapError>& errors) {
  double largest = 0;
  for (const TapError& error : errors) largest = std::max(largest, error.of_range);
  return largest;
}

testing::AssertionResult agree(const GoldenModel& golden, const Trace& expected,
                               const Trace& actual, double tolerance) {
  for (const TapError& error : tap_errors(golden, expected, actual)) {
    if (error.of_range <= tolerance) continue;
    const std::size_t at = error.at;
    const auto found = actual.find(error.tap);
    const bool comparable =
        found != actual.end() && found->second.size() == expected.at(error.tap).size();
    return testing::AssertionFailure()
           << golden.name << " first parts from the reference at '" << error.tap
           << "': " << error.of_range << " of the output's range, allowed " << tolerance << "; "
           << (comparable ? fmt::format("value {} is {}, expected {}", at, found->second[at],
                                        expected.at(error.tap)[at])
                          : "its size differs");
  }
  return testing::AssertionSuccess();
}

double margin(const Trace& trace) {
  std::vector<float> logits = trace.at("logits");
  if (logits.size() < 2) return 1;
  std::sort(logits.begin(), logits.end(), std::greater<>());
  return (double{logits[0]} - logits[1]) / (double{logits.front()} - logits.back());
}

std::size_t top1(const Trace& trace) {
  const std::vector<float>& logits = trace.at("logits");
  return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

std::vector<Trace> run_on_device(compute::Device& device, const vision::Checkpoint& checkpoint,
                                 compute::ops::Precision precision, int input_h, int input_w,
                                 const std::vector<std::span<const float>>& pictures) {
  compute::ConstantStore weights(device);
  const auto model = vision::make_model(device, weights, checkpoint, precision);
  const vision::Positions positions = model->positions(weights, {input_h, input_w});
  compute::ProgramBuilder builder(device, "golden");
  const compute::Tensor images =
      builder.input("images", {{static_cast<std::int64_t>(pictures.size()), 3, input_h, input_w}});
  builder.output("logits", model->forward(builder, images, positions, vision::VitTaps::blocks));
  compute::Program program = std::move(builder).build(1);

  compute::Run run = program.begin();
  std::byte* to = run.input("images").data();
  for (const auto picture : pictures) {
    std::memcpy(to, picture.data(), picture.size_bytes());
    to += picture.size_bytes();
  }
  run.submit();
  run.wait();

  std::vector<std::string> taps{"embeddings", "logits"};
  for (int i = 0; i < checkpoint.config().layers; ++i) taps.push_back(fmt::format("block.{}", i));
  std::vector<Trace> traces(pictures.size());
  for (const std::string& tap : taps) {
    const std::vector<float> values = floats(run.output(tap));
    for (std::size_t i = 0; i < traces.size(); ++i) {
      traces[i][tap] = part(values, i, traces.size());
    }
  }
  return traces;
}

Trace run_reference(const vision::Checkpoint& checkpoint, int input_h, int input_w,
                    std::span<const float> picture, reference::WeightStorage weights) {
  const reference::VitTrace found =
      reference::run_vit(checkpoint, picture, input_h, input_w, weights);
  const auto rounded = [](const std::vector<double>& values) {
    return std::vector<float>(values.begin(), values.end());
  };
  Trace trace;
  trace["embeddings"] = rounded(found.embeddings.values);
  for (std::size_t i = 0; i < found.blocks.size(); ++i) {
    trace[fmt::format("block.{}", i)] = rounded(found.blocks[i].values);
  }
  trace["logits"] = rounded(found.logits);
  return trace;
}

}  // namespace fovea::golden
