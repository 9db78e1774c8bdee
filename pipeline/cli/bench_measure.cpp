// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/bench_measure.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <optional>
#include <random>
#include <vector>

#include <sys/resource.h>

#include "compute/error.hpp"
#include "pipeline/cli/bench_child.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/config/run_config.hpp"
#include "pipeline/sinks/json.hpp"
#include "vision/inference.hpp"
#include "vision/models/auto_precision.hpp"

namespace fovea::pipeline {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kWarmUps = 2;
constexpr int kFewest = 5;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

Json measure_here(const BenchCase& wanted) {
  compute::Device device(device_options(wanted));
  const vision::Checkpoint checkpoint = vision::Checkpoint::open(wanted.model);
  const auto precision = vision::choose_precision(wanted.precision, device, checkpoint).precision;
  vision::Inference inference(device, checkpoint, {precision, wanted.batch, 2});

  // Every submission carries a whole batch in, as a run does.
  const vision::InputSize size = inference.usual_size();
  std::vector<std::uint8_t> picture(3 * static_cast<std::size_t>(size.h) *
                                    static_cast<std::size_t>(size.w));
  std::mt19937 random(1);
  for (std::uint8_t& byte : picture) byte = static_cast<std::uint8_t>(random() >> 24);
  const auto submit = [&] {
    vision::Pending pending = inference.begin(wanted.batch);
    for (int i = 0; i < wanted.batch; ++i) {
      std::copy(picture.begin(), picture.end(), pending.input(i).begin());
    }
    pending.submit();
    return pending;
  };

  for (int i = 0; i < kWarmUps; ++i) submit().finish();
  std::vector<double> wall, on_device;
  const Clock::time_point start = Clock::now();
  while (ms_since(start) < wanted.seconds * 1000 || static_cast<int>(wall.size()) < kFewest) {
    const Clock::time_point begin = Clock::now();
    vision::Pending pending = submit();
    pending.finish();
    wall.push_back(ms_since(begin) / wanted.batch);
    on_device.push_back(static_cast<double>(pending.device_ns()) / 1e6 / wanted.batch);
  }

  int images = 0;
  const Clock::time_point flow = Clock::now();
  std::optional<vision::Pending> earlier = submit();
  while (ms_since(flow) < wanted.seconds * 1000 || images < kFewest * wanted.batch) {
    vision::Pending later = submit();
    earlier->finish();
    images += wanted.batch;
    earlier = std::move(later);
  }
  earlier->finish();
  images += wanted.batch;
  const double flow_ms = ms_since(flow);

  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const double device_ms = median(on_device);
  return {{"device", device.info().name},
          {"driver", device.info().driver},
          {"precision", to_string(precision)},
          {"submissions", wall.size()},
          {"min_ms", *std::min_element(wall.begin(), wall.end())},
          {"median_ms", median(wall)},
          {"device_ms", device_ms},
          {"host_ms", device_ms > 0 ? median(wall) - device_ms : 0.0},
          {"images_per_s", images / flow_ms * 1000},
          {"peak_device_bytes", device.memory_peak_bytes()},
          {"peak_resident_bytes", static_cast<std::uint64_t>(usage.ru_maxrss) * 1024}};
}

}  // namespace

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

compute::DeviceOptions device_options(const BenchCase& wanted) {
  compute::DeviceOptions options;
  options.request = wanted.device;
  options.cache_dir = cache_folder();
  options.tune_seconds = wanted.tune ? kTuneSeconds : 0;
  return options;
}

BenchResult measure(const BenchCase& wanted) {
  const Json answer = in_child([&] { return measure_here(wanted); });
  BenchResult result;
  result.device = answer["device"].get<std::string>();
  result.driver = answer["driver"].get<std::string>();
  result.precision = answer["precision"].get<std::string>();
  result.submissions = answer["submissions"].get<int>();
  result.min_ms = answer["min_ms"].get<double>();
  result.median_ms = answer["median_ms"].get<double>();
  result.device_ms = answer["device_ms"].get<double>();
  result.host_ms = answer["host_ms"].get<double>();
  result.images_per_s = answer["images_per_s"].get<double>();
  result.peak_device_bytes = answer["peak_device_bytes"].get<std::uint64_t>();
  result.peak_resident_bytes = answer["peak_resident_bytes"].get<std::uint64_t>();
  return result;
}

}  // namespace fovea::pipeline
