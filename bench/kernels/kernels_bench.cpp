// SPDX-License-Identifier: Apache-2.0
// Single kernels on one device: time of a submit with 16 of them in a row (long ones
// alone), per kernel.
//
//   bench_kernels --benchmark_filter=linear      FOVEA_DEVICE picks the device (default auto)
#include <cstdlib>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "compute/device.hpp"
#include "compute/error.hpp"
#include "compute/ops/fft.hpp"
#include "compute/ops/global_filter.hpp"
#include "compute/ops/launch.hpp"
#include "compute/program.hpp"

namespace {

using namespace fovea::compute;  // NOLINT: a program of one file
using ops::Activation;
using ops::Precision;

constexpr int kRepeats = 16;

Device& device() {
  static Device instance([] {
    DeviceOptions options;
    if (const char* request = std::getenv("FOVEA_DEVICE")) options.request = request;
    return options;
  }());
  return instance;
}

/// `append(builder, input)` gives one value; `repeats` of them in one program, timed.
template <class Append>
void run(benchmark::State& state, const Shape& input, double flop, Append append,
         int repeats = kRepeats) {
  ProgramBuilder builder(device(), "bench");
  const Tensor x = builder.input("x", {input});
  for (int i = 0; i < repeats; ++i) {
    const auto scope = builder.scope(std::to_string(i));
    builder.output(std::to_string(i), append(builder, x));
  }
  Program program = std::move(builder).build(1);
  {
    Run warm = program.begin();
    float value = 0.0f;
    const auto bytes = warm.input("x");
    const std::span<float> floats(reinterpret_cast<float*>(bytes.data()), bytes.size() / 4);
    for (float& f : floats) f = (value += 0.37f) > 1.0f ? value -= 2.0f : value;
    warm.submit();
    warm.wait();
  }
  for (auto _ : state) {
    Run trip = program.begin();
    trip.submit();
    trip.wait();
  }
  const double kernels = static_cast<double>(state.iterations()) * repeats;
  state.counters["GFLOP/s"] =
      benchmark::Counter(flop * kernels * 1e-9, benchmark::Counter::kIsRate);
  state.counters["ms/kernel"] =
      benchmark::Counter(kernels * 1e-3, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// M, N, K, precision
void linear(benchmark::State& state, Activation activation) {
  const std::int64_t rows = state.range(0), columns = state.range(1), depth = state.range(2);
  const auto precision = state.range(3) != 0 ? Precision::fp16 : Precision::fp32;
  const std::vector<float> weight(static_cast<std::size_t>(columns * depth), 0.01f);
  ConstantStore store(device());
  const ops::Linear w = upload_linear(device(), store, "w", columns, depth, weight, {}, precision);
  run(state, {rows, depth}, 2.0 * static_cast<double>(rows * columns * depth),
      [&](ProgramBuilder& p, const Tensor& x) { return ops::linear(p, x, w, activation); });
}

/// B, T, H, D
void attention(benchmark::State& state) {
  const std::int64_t batch = state.range(0), tokens = state.range(1), heads = state.range(2),
                     dim = state.range(3);
  run(
      state, {batch, tokens, 3 * heads * dim},
      4.0 * static_cast<double>(batch * heads * tokens * tokens * dim),
      [&](ProgramBuilder& p, const Tensor& x) {
        return ops::attention(p, x, static_cast<int>(heads));
      },
      tokens > 2000 ? 1 : kRepeats);
}

/// rows, C
void layer_norm(benchmark::State& state) {
  const std::int64_t rows = state.range(0), channels = state.range(1);
  const std::vector<float> ones(static_cast<std::size_t>(channels), 1.0f);
  ConstantStore store(device());
  const auto w = ops::upload_layer_norm(store, "norm", ones, ones, 1e-6f);
  run(state, {rows, channels}, 8.0 * static_cast<double>(rows * channels),
      [&](ProgramBuilder& p, const Tensor& x) { return ops::layer_norm(p, x, w); });
}

/// B, C; 14 x 14 tokens, as of a GFNet at 224 pixels.
void global_filter(benchmark::State& state) {
  const std::int64_t batch = state.range(0), channels = state.range(1);
  const std::vector<float> weight(static_cast<std::size_t>(14 * 8 * channels * 2), 0.5f);
  ConstantStore store(device());
  const auto w = ops::upload_global_filter(store, "filter", 14, 14, channels, weight);
  run(state, {batch, 14 * 14, channels}, 0.0,
      [&](ProgramBuilder& p, const Tensor& x) { return ops::global_filter(p, x, w); });
}

/// The same planes through VkFFT and back, which is a part of the filter: neither tokens to planes
/// and back nor the multiplication are in it.
void fft_and_back(benchmark::State& state) {
  if (!ops::has_fft()) {
    state.SkipWithError("no VkFFT in this build");
    return;
  }
  run(state, {state.range(0) * state.range(1), 14, 14}, 0.0,
      [](ProgramBuilder& p, const Tensor& x) { return ops::irfft2(p, ops::rfft2(p, x), 14); });
}

void patches(benchmark::State& state) {
  run(state, {state.range(0), 3, 224, 224}, 0.0,
      [](ProgramBuilder& p, const Tensor& x) { return ops::patches(p, x, 16, 16); });
}

void gemm_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"M", "N", "K", "fp16"})
      ->UseRealTime()
      ->MeasureProcessCPUTime()
      ->Unit(benchmark::kMillisecond);
  for (const int fp16 : {0, 1}) b->Args({1536, 768, 768, fp16});
}
// ViT-Ti/16 at 224: qkv, projection, fc2, a classifier's one row.
void vit_ti_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"M", "N", "K", "fp16"})
      ->UseRealTime()
      ->MeasureProcessCPUTime()
      ->Unit(benchmark::kMillisecond);
  for (const int fp16 : {0, 1}) {
    b->Args({197, 576, 192, fp16});
    b->Args({197, 192, 192, fp16});
    b->Args({197, 192, 768, fp16});
    b->Args({196, 192, 768, fp16});
    b->Args({1, 1000, 192, fp16});
    b->Args({8, 1000, 768, fp16});
  }
}
void fc1_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"M", "N", "K", "fp16"})
      ->UseRealTime()
      ->MeasureProcessCPUTime()
      ->Unit(benchmark::kMillisecond);
  for (const int fp16 : {0, 1}) b->Args({197, 768, 192, fp16});
}

BENCHMARK_CAPTURE(linear, gemm, Activation::none)->Apply(gemm_sizes);
BENCHMARK_CAPTURE(linear, vit_ti, Activation::none)->Apply(vit_ti_sizes);
BENCHMARK_CAPTURE(linear, vit_ti_fc1_gelu, Activation::gelu)->Apply(fc1_sizes);
BENCHMARK(attention)
    ->ArgNames({"B", "T", "H", "D"})
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->Args({1, 197, 3, 64})
    ->Args({1, 197, 12, 64})
    ->Args({1, 1025, 3, 64})
    ->Args({1, 4097, 3, 64});  // ViT-Ti at 1024 pixels
BENCHMARK(layer_norm)
    ->ArgNames({"rows", "C"})
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->Args({197, 192})
    ->Args({197, 768});
void filter_sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"B", "C"})->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
  b->Args({1, 384})->Args({8, 384});
}
BENCHMARK(global_filter)->Apply(filter_sizes);
BENCHMARK(fft_and_back)->Apply(filter_sizes);
BENCHMARK(patches)
    ->ArgNames({"B"})
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->Arg(1);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  try {
    std::cerr << device().choice() << '\n' << device().info().driver << '\n';
    benchmark::RunSpecifiedBenchmarks();
  } catch (const fovea::Error& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(error.exit_code());
  }
  return 0;
}
