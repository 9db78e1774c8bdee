// SPDX-License-Identifier: Apache-2.0
#include "vision/resample_choice.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include <fmt/format.h>

#include "compute/ops/resample.hpp"
#include "compute/program.hpp"
#include "vision/preprocess/packed_source.hpp"

namespace fovea::vision {
namespace {

constexpr int kHeight = 480, kWidth = 640;
constexpr int kBatch = 8;
constexpr int kRuns = 4;

/// The shortest of a few, in milliseconds.
template <class Work>
double shortest_ms(Work work) {
  using Clock = std::chrono::steady_clock;
  double shortest = 1e9;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = Clock::now();
    work();
    shortest =
        std::min(shortest, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  return shortest;
}

}  // namespace

ResampleTimes measure_resample(compute::Device& device, const Preprocessor& preprocessor) {
  Image image;
  image.rgb = cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar(10, 100, 200));
  PackScratch scratch;
  const InputSize size = preprocessor.output_size(kHeight, kWidth);
  const std::size_t bytes =
      std::max(least_source_bytes(size), source_bytes(preprocessor, image, scratch));
  std::vector<std::uint8_t> pixels(3 * static_cast<std::size_t>(size.h) *
                                   static_cast<std::size_t>(size.w));
  std::vector<std::uint8_t> source(bytes);

  compute::ProgramBuilder builder(device, "resize");
  const compute::Tensor sources =
      builder.input("sources", {{kBatch, static_cast<std::int64_t>(bytes)}, compute::DType::u8});
  builder.output("pixels", compute::ops::resample(builder, sources, size.h, size.w));
  compute::Program program = std::move(builder).build(1);

  ResampleTimes times;
  times.host_ms = shortest_ms([&] { preprocessor.resize(image, pixels, scratch.resample); });
  times.device_ms = shortest_ms([&] {
                      compute::Run run = program.begin();
                      std::byte* place = run.input("sources").data();
                      for (int i = 0; i < kBatch; ++i, place += bytes) {
                        pack_source(preprocessor, image, scratch, source);
                        std::ranges::copy(std::as_bytes(std::span(source)), place);
                      }
                      run.submit();
                      run.wait();
                    }) /
                    kBatch;
  return times;
}

ResampleChoice compare(const ResampleTimes& times, int threads) {
  const double host_ms = times.host_ms / std::max(threads, 1);
  return {times.device_ms < host_ms,
          fmt::format("measured: a picture of {} x {} takes the device {:.3f} ms, the host {:.3f}",
                      kWidth, kHeight, times.device_ms, host_ms)};
}

ResampleChoice choose_resample(compute::Device& device, const Preprocessor& preprocessor,
                               int threads) {
  if (device.info().kind == compute::DeviceKind::software) {
    return {false, "a software device resizes on the same processor, and slower"};
  }
  if (preprocessor.spec().resample == Resample::cv_linear) {
    return {false, "the device has no cv_linear"};
  }
  return compare(measure_resample(device, preprocessor), threads);
}

}  // namespace fovea::vision
