// SPDX-License-Identifier: Apache-2.0
// Fourier transforms against OpenCV's, the first transform of a program, and what the `change` gate
// makes of videos. Prints, never asserts.
//   bench_spectral fft                     transforms a second, device and cv::dft
//   bench_spectral start FOLDER            open the device, first transform; kernels kept in FOLDER
//   bench_spectral gate VIDEO [THRESHOLD]...
// FOVEA_DEVICE names the device.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "compute/error.hpp"
#include "compute/ops/fft.hpp"
#include "vision/spectral/change.hpp"
#include "vision/spectral/fourier.hpp"

namespace {

using namespace fovea;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The median of `runs` times of `work`, after two that warm up.
template <class Work>
double median_ms(int runs, Work work) {
  std::vector<double> times;
  for (int i = -2; i < runs; ++i) {
    const auto start = Clock::now();
    work();
    if (i >= 0) times.push_back(ms_since(start));
  }
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  return times[times.size() / 2];
}

compute::DeviceOptions options_for(const char* cache) {
  compute::DeviceOptions options;
  if (const char* request = std::getenv("FOVEA_DEVICE")) options.request = request;
  if (cache != nullptr) options.cache_dir = cache;
  return options;
}

void bench_fft() {
  compute::Device device(options_for(nullptr));
  vision::Fourier fourier(device, "bench");
  fmt::print("device {}; OpenCV {}, {} threads; VkFFT {}; host to host, medians of 31\n",
             device.info().name, cv::getVersionString(), cv::getNumThreads(),
             compute::ops::fft_version());
  struct Size {
    int count, rows, columns;
  };
  for (const auto& [count, rows, columns] :
       {Size{1, 512, 512}, Size{1, 480, 640}, Size{192, 14, 14}, Size{8 * 192, 14, 14}}) {
    cv::Mat planes(count * rows, columns, CV_32F);
    cv::RNG(1).fill(planes, cv::RNG::UNIFORM, -1, 1);
    const double forward = median_ms(31, [&] { fourier.forward(planes, count); });
    const cv::Mat spectra = fourier.forward(planes, count);
    const double inverse = median_ms(31, [&] { fourier.inverse(spectra, count, columns); });
    cv::Mat packed(planes.size(), CV_32F);
    const double theirs = median_ms(31, [&] {
      for (int i = 0; i < count; ++i) {
        const cv::Range lines(i * rows, (i + 1) * rows);
        cv::Mat to = packed.rowRange(lines);
        cv::dft(planes.rowRange(lines), to);
      }
    });
    fmt::print(
        "{:>5} x {:>3} x {:>3}   rfft2 {:7.2f} ms   irfft2 {:7.2f} ms   cv::dft {:7.2f} ms\n",
        count, rows, columns, forward, inverse, theirs);
  }
}

void bench_start(const char* folder) {
  const auto start = Clock::now();
  compute::Device device(options_for(folder));
  const double opened = ms_since(start);
  vision::Fourier fourier(device, "bench");
  const cv::Mat planes(480, 640, CV_32F, cv::Scalar(1));
  fourier.forward(planes, 1);
  fmt::print("device open {:.0f} ms, first 480 x 640 after {:.0f} ms\n", opened, ms_since(start));
}

/// Frame difference: is more than 0.2 % of the picture, blurred a little, off by over 25 levels?
bool differs(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat off;
  cv::absdiff(a, b, off);
  return cv::countNonZero(off > 25) > 0.002 * static_cast<double>(off.total());
}

struct Gate {
  double threshold = 0;
  std::optional<vision::TileSpectra> passed;
  cv::Mat truth;  // of the last that passed
  int let_go = 0, missed = 0, needless = 0;
};

void bench_gate(const char* video, std::span<char* const> thresholds) {
  compute::Device device(options_for(nullptr));
  vision::Fourier fourier(device, "bench");
  cv::VideoCapture frames(video);
  std::vector<Gate> gates;
  for (const char* threshold : thresholds) gates.push_back({std::atof(threshold), {}, {}});
  if (gates.empty()) gates.push_back({0.25, {}, {}});
  cv::Mat bgr, rgb, grey;
  int count = 0;
  double ms = 0;
  while (frames.read(bgr)) {
    cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
    cv::cvtColor(bgr, grey, cv::COLOR_BGR2GRAY);
    cv::GaussianBlur(grey, grey, {5, 5}, 0);
    const auto start = Clock::now();
    const vision::TileSpectra now = vision::tile_spectra(fourier, rgb);
    if (count++ > 0) ms += ms_since(start);
    for (Gate& gate : gates) {
      const bool changed = !gate.passed || differs(gate.truth, grey);
      if (gate.passed && vision::spectral_change(*gate.passed, now) < gate.threshold) {
        ++gate.let_go;
        gate.missed += changed ? 1 : 0;
        continue;
      }
      gate.needless += changed ? 0 : 1;
      gate.passed = now;
      gate.truth = grey.clone();
    }
  }
  fmt::print("{}: {} frames, {:.2f} ms a frame\n", video, count, ms / std::max(1, count - 1));
  for (const Gate& gate : gates) {
    fmt::print(
        "  threshold {:.2f}: let go {} ({:.0f} %), of those changed {} ({:.1f} % of all), "
        "passed without change {}\n",
        gate.threshold, gate.let_go, 100.0 * gate.let_go / count, gate.missed,
        100.0 * gate.missed / count, gate.needless);
  }
}

}  // namespace

int main(int argc, char** argv) {
  cv::setNumThreads(1);
  const std::string_view what = argc > 1 ? argv[1] : "";
  try {
    if (what == "fft") {
      bench_fft();
    } else if (what == "start" && argc == 3) {
      bench_start(argv[2]);
    } else if (what == "gate" && argc > 2) {
      bench_gate(argv[2], std::span(argv + 3, static_cast<std::size_t>(argc - 3)));
    } else {
      fmt::print(stderr, "bench_spectral fft | start FOLDER | gate VIDEO [THRESHOLD]...\n");
      return 1;
    }
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(error.exit_code());
  }
  return 0;
}
