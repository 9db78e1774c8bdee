// SPDX-License-Identifier: Apache-2.0
// Every variant of linear on one device: first held against the portable fp32 path, then timed;
// then a whole ViT-B/16. Prints a table and writes JSON. bench/gpu.sh calls it.
//
//   bench_gpu out.json [--quick]      FOVEA_DEVICE picks the device (default auto)
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "compute/device.hpp"
#include "compute/ops/launch.hpp"
#include "compute/program.hpp"

namespace {

using namespace fovea::compute;  // NOLINT: a program of one file
using ops::Activation;
using ops::LinearPlan;
using ops::Precision;
using ops::Variant;

struct Sizes {
  std::int64_t gemm, depth, channels, layers, heads, large_batch;
  int repeats;
};
constexpr Sizes kFull{4096, 4096, 768, 12, 12, 128, 20};
constexpr Sizes kQuick{128, 128, 64, 1, 2, 2, 2};  // a dry run, for a software device
constexpr std::int64_t kImage = 224, kPatch = 16, kTokens = 197;

/// Never zeros: they hide wrong indexing and run faster than real data.
std::vector<float> random_values(std::size_t count, unsigned seed, float scale) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) {
    value = scale * (static_cast<float>(generator() >> 8) / 8388608.0f - 1.0f);
  }
  return values;
}

ops::Linear weights(Device& device, ConstantStore& store, const std::string& name, std::int64_t out,
                    std::int64_t in, Precision precision, ops::WeightLayout layout) {
  const float scale = std::sqrt(3.0f / static_cast<float>(in));  // keeps the size of what passes
  return upload_linear_as(layout, device, store, name, out, in,
                          random_values(static_cast<std::size_t>(out * in), 7, scale),
                          random_values(static_cast<std::size_t>(out), 8, 0.1f), precision);
}

struct Measured {
  double device_ms = 0, wall_ms = 0;  // medians
  std::vector<float> output;
};

Measured measure(Program& program, std::span<const float> input, int repeats) {
  Measured result;
  std::vector<double> device_ms, wall_ms;
  for (int i = 0; i < repeats + 3; ++i) {  // three to warm up
    Run run = program.begin();
    std::memcpy(run.input("x").data(), input.data(), input.size_bytes());
    const auto start = std::chrono::steady_clock::now();
    run.submit();
    run.wait();
    const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;
    if (i >= 3) {
      device_ms.push_back(static_cast<double>(run.device_ns()) * 1e-6);
      wall_ms.push_back(wall.count());
    }
    const auto bytes = run.output("y");
    result.output.resize(bytes.size() / sizeof(float));
    std::memcpy(result.output.data(), bytes.data(), bytes.size());
  }
  const auto median = [](std::vector<double>& values) {
    std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                     values.end());
    return values[values.size() / 2];
  };
  result.device_ms = median(device_ms);
  result.wall_ms = median(wall_ms);
  return result;
}

/// |a - b| / |b|; NaN where an element is.
double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - b[i], 2);
    size += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(difference / size);
}

class Report {
 public:
  explicit Report(const Device& device)
      : json_(fmt::format("{{\"device\": \"{}\", \"driver\": \"{}\"", device.info().name,
                          device.info().driver)) {
    fmt::print("{}, {}\n", device.info().name, device.info().driver);
  }
  void row(const std::string& what, double value, const std::string& unit) {
    fmt::print("{:<44} {:>12.4g} {}\n", what, value, unit);
    json_ += fmt::format(",\n  \"{} ({})\": {}", what, unit,
                         std::isfinite(value) ? fmt::format("{}", value) : "null");
  }
  void text(const std::string& what, const std::string& value) {
    fmt::print("{:<44} {}\n", what, value);
    json_ += fmt::format(",\n  \"{}\": \"{}\"", what, value);
  }
  /// Halves as factors give some 3e-4; a wrong index gives some 1.
  void check(const std::string& what, double error) {
    row(what, error, "relative error");
    if (!(error < 2e-3)) wrong_ = true;
  }
  bool wrong() const { return wrong_; }
  const std::string& json() const { return json_; }

 private:
  std::string json_;
  bool wrong_ = false;
};

Measured run_linear(Device& device, const std::vector<float>& x, std::int64_t rows,
                    std::int64_t out, std::int64_t in, Precision precision, const LinearPlan& plan,
                    int repeats) {
  ConstantStore store(device);
  const ops::Linear w =
      weights(device, store, "w", out, in, precision, ops::weight_layout(plan.variant));
  ProgramBuilder p(device, "linear");
  const Tensor input = p.input("x", {{rows, in}});
  p.output("y", ops::linear_planned(p, input, w, Activation::gelu, nullptr, plan));
  Program program = std::move(p).build(1);
  return measure(program, x, repeats);
}

void measure_linear(Device& device, const Sizes& sizes, Report& report) {
  std::vector<LinearPlan> plans{
      {Variant::portable, 64, 64, 1}, {Variant::coopmat, 64, 64, 1}, {Variant::coopmat, 64, 64, 3}};
  if (&sizes == &kFull) {
    plans.insert(plans.end(), {{Variant::coopmat, 128, 128, 1},
                               {Variant::coopmat2, 128, 128, 1},
                               {Variant::coopmat2, 128, 256, 1},
                               {Variant::coopmat2, 64, 64, 3}});
  }
  const std::int64_t n = sizes.gemm, k = sizes.depth;
  const auto x = random_values(static_cast<std::size_t>(n * k), 1, 1.0f);
  const Measured truth = run_linear(device, x, n, n, k, Precision::fp32, plans[0], 1);
  for (const LinearPlan& plan : plans) {
    const std::string name =
        fmt::format("GEMM {}x{}x{} fp16 {} {}x{} split {}", n, n, k, to_string(plan.variant),
                    plan.rows, plan.columns, plan.splits);
    std::string why_not;
    if (!can_run(device, plan.variant, &why_not)) {
      report.text(name, "not run: " + why_not);
      continue;
    }
    const Measured run = run_linear(device, x, n, n, k, Precision::fp16, plan, sizes.repeats);
    report.check(name, distance(run.output, truth.output));
    const double flop = 2.0 * static_cast<double>(n) * static_cast<double>(n * k);
    report.row(name, flop / run.device_ms * 1e-9, "TFLOP/s");
  }
}

/// A ViT of the paper's shape, as vision/models/vit.cpp says it, with random weights.
struct Vit {
  struct Block {
    ops::LayerNorm before, after;
    ops::Linear qkv, projection, fc1, fc2;
  };
  ops::Linear patches, classifier;
  ops::Table token, positions;
  ops::LayerNorm norm;
  std::vector<Block> blocks;

  Vit(Device& device, ConstantStore& store, const Sizes& sizes, Precision precision) {
    const std::int64_t c = sizes.channels;
    const auto layout = ops::weight_layout(preferred_variant(device, precision));
    const std::vector<float> ones(static_cast<std::size_t>(c), 1.0f), zeros(ones.size());
    const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
      return weights(device, store, name, out, in, precision, layout);
    };
    const auto norm_of = [&](const std::string& name) {
      return ops::upload_layer_norm(store, name, ones, zeros, 1e-6f);
    };
    patches = linear("patches", c, 3 * kPatch * kPatch);
    classifier = linear("classifier", 1000, c);
    token = ops::upload_table(store, "token", {1, c}, random_values(ones.size(), 2, 1.0f));
    positions = ops::upload_table(store, "positions", {kTokens, c},
                                  random_values(static_cast<std::size_t>(kTokens * c), 3, 1.0f));
    norm = norm_of("norm");
    for (std::int64_t i = 0; i < sizes.layers; ++i) {
      const std::string at = fmt::format("{}.", i);
      blocks.push_back({norm_of(at + "before"), norm_of(at + "after"), linear(at + "qkv", 3 * c, c),
                        linear(at + "projection", c, c), linear(at + "fc1", 4 * c, c),
                        linear(at + "fc2", c, 4 * c)});
    }
  }

  Tensor forward(ProgramBuilder& p, const Tensor& image, int heads, Precision precision) const {
    Tensor x = ops::linear(p, ops::patches(p, image, kPatch, kPatch), patches);
    x = ops::tokens(p, x, token, positions);
    for (const Block& block : blocks) {
      Tensor y = ops::linear(p, ops::layer_norm(p, x, block.before), block.qkv);
      x = ops::linear_add(p, ops::attention(p, y, heads, precision), block.projection, x);
      y = ops::linear(p, ops::layer_norm(p, x, block.after), block.fc1, Activation::gelu);
      x = ops::linear_add(p, y, block.fc2, x);
    }
    return ops::linear(p, ops::layer_norm(p, ops::select_token(p, x, 0), norm), classifier);
  }
};

Measured run_vit(Device& device, const Sizes& sizes, std::int64_t batch, Precision precision,
                 const std::vector<float>& image, int repeats) {
  ConstantStore store(device);
  const Vit vit(device, store, sizes, precision);
  ProgramBuilder p(device, "vit");
  const Tensor input = p.input("x", {{batch, 3, kImage, kImage}});
  p.output("y", vit.forward(p, input, static_cast<int>(sizes.heads), precision));
  Program program = std::move(p).build(1);
  return measure(program, image, repeats);
}

void measure_vit(Device& device, const Sizes& sizes, Report& report) {
  for (const std::int64_t batch : {std::int64_t{1}, sizes.large_batch}) {
    const auto image =
        random_values(static_cast<std::size_t>(batch * 3 * kImage * kImage), 9, 2.0f);
    const Measured truth = run_vit(device, sizes, batch, Precision::fp32, image, 1);
    const Measured run = run_vit(device, sizes, batch, Precision::fp16, image, sizes.repeats);
    const std::string name =
        fmt::format("ViT C {} layers {} batch {} fp16", sizes.channels, sizes.layers, batch);
    // Weights are halves as well here, so both factors are off: some 1e-3 after twelve blocks.
    report.row(name, distance(run.output, truth.output), "relative error");
    report.row(name, run.device_ms, "ms on the device");
    report.row(name, run.wall_ms, "ms");
    report.row(name, 1e3 * static_cast<double>(batch) / run.wall_ms, "images/s");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "bench_gpu out.json [--quick]\n");
    return 1;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // what was measured is seen even if time runs out
  try {
    DeviceOptions options;
    if (const char* request = std::getenv("FOVEA_DEVICE")) options.request = request;
    Device device(options);
    const bool quick = argc > 2 && std::string_view(argv[2]) == "--quick";
    const Sizes& sizes = quick ? kQuick : kFull;
    Report report(device);
    report.text("variant of fp16",
                std::string(to_string(preferred_variant(device, Precision::fp16))));
    measure_linear(device, sizes, report);
    measure_vit(device, sizes, report);
    std::ofstream(argv[1]) << report.json() << "}\n";
    if (report.wrong()) fmt::print("a variant is WRONG: see its relative error\n");
    return report.wrong() ? 5 : 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 3;
  }
}
