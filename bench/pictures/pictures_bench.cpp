// SPDX-License-Identifier: Apache-2.0
// What one picture costs the host before the model sees it, on one thread: decoding a sample
// photograph, and resizing 640x480 to 224x224 by every family of loops, beside OpenCV's own
// resize (INTER_AREA is the one that averages as the widened filters do).
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>

#include "pipeline/decode/decode.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea {
namespace {

using pipeline::DecodeOptions;
using vision::PreprocessSpec;
using vision::Resample;

const std::filesystem::path kPhotograph = std::filesystem::path(FOVEA_SAMPLES) / "rocket.jpg";

const cv::Mat& picture() {
  static const cv::Mat rgb = [] {
    cv::Mat scaled;
    cv::resize(pipeline::decode_file(kPhotograph).image.rgb, scaled, {640, 480});
    return scaled;
  }();
  return rgb;
}

/// Argument: the fraction, 1 / range.
void decode_jpeg_640x427(benchmark::State& state) {
  std::ifstream file(kPhotograph, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  DecodeOptions options;
  options.reduction = [&](int, int) { return static_cast<int>(state.range(0)); };
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        pipeline::decode_bytes(std::as_bytes(std::span(bytes)), options).image.rgb.data);
  }
}
BENCHMARK(decode_jpeg_640x427)->Arg(1)->Arg(2)->Unit(benchmark::kMicrosecond);

void resize(benchmark::State& state, Resample filter, const vision::ResampleKernels* kernels) {
  PreprocessSpec spec;
  spec.resample = filter;
  const vision::Preprocessor preprocessor(spec);
  std::vector<std::uint8_t> pixels(preprocessor.output_count());
  vision::ResampleScratch scratch;
  scratch.kernels = kernels;
  for (auto _ : state) {
    preprocessor.resize({picture()}, pixels, scratch);
    benchmark::DoNotOptimize(pixels.data());
  }
}

void opencv_resize(benchmark::State& state, int interpolation) {
  cv::Mat out;
  for (auto _ : state) {
    cv::resize(picture(), out, {224, 224}, 0, 0, interpolation);
    benchmark::DoNotOptimize(out.data);
  }
}

void register_resizes() {
  const std::vector<std::pair<std::string, Resample>> filters{{"bilinear", Resample::bilinear},
                                                              {"bicubic", Resample::bicubic}};
  for (const auto& [name, filter] : filters) {
    for (const vision::ResampleKernels* kernels : vision::resample_kernels()) {
      benchmark::RegisterBenchmark(
          fmt::format("resize_to_224/{}/{}", name, kernels->name).c_str(),
          [filter = filter, kernels](benchmark::State& state) { resize(state, filter, kernels); })
          ->Unit(benchmark::kMicrosecond);
    }
  }
  const std::vector<std::pair<std::string, int>> opencv{{"INTER_LINEAR", cv::INTER_LINEAR},
                                                        {"INTER_CUBIC", cv::INTER_CUBIC},
                                                        {"INTER_AREA", cv::INTER_AREA}};
  for (const auto& [name, code] : opencv) {
    benchmark::RegisterBenchmark(
        ("resize_to_224/opencv/" + name).c_str(),
        [code = code](benchmark::State& state) { opencv_resize(state, code); })
        ->Unit(benchmark::kMicrosecond);
  }
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) {
  cv::setNumThreads(1);
  fovea::register_resizes();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
