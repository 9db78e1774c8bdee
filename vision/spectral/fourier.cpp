// SPDX-License-Identifier: Apache-2.0
#include "vision/spectral/fourier.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "compute/ops/fft.hpp"

namespace fovea::vision {
namespace {

// Of sizes beyond, the one that was used longest ago is given up: streams have a few sizes.
constexpr std::size_t kMostPrograms = 16;

}  // namespace

Fourier::Fourier(compute::Device& device, const std::string& who) : device_(device) {
  compute::ops::require_fft(who);
}

cv::Mat Fourier::forward(const cv::Mat& planes, int count) {
  assert(planes.type() == CV_32F && planes.rows % count == 0);
  return run({count, planes.rows / count, planes.cols, true}, planes);
}

cv::Mat Fourier::inverse(const cv::Mat& spectra, int count, int width) {
  assert(spectra.type() == CV_32FC2 && spectra.cols == width / 2 + 1);
  return run({count, spectra.rows / count, width, false}, spectra);
}

compute::Program& Fourier::program(const Size& size) {
  const auto found =
      std::ranges::find(programs_, size, [](const auto& entry) { return entry.first; });
  if (found != programs_.end()) {
    programs_.splice(programs_.begin(), programs_, found);
    return programs_.front().second;
  }
  if (programs_.size() == kMostPrograms) programs_.pop_back();
  compute::ProgramBuilder p(device_, "fourier");
  const compute::Shape planes{size.count, size.rows, size.width};
  const compute::Shape spectra{size.count, size.rows, size.width / 2 + 1, 2};
  const compute::Tensor from = p.input("from", {size.forward ? planes : spectra});
  p.output("to",
           size.forward ? compute::ops::rfft2(p, from) : compute::ops::irfft2(p, from, size.width));
  programs_.emplace_front(size, std::move(p).build(1));
  return programs_.front().second;
}

cv::Mat Fourier::run(const Size& size, const cv::Mat& from) {
  compute::Run run = program(size).begin();
  const std::span<std::byte> input = run.input("from");
  const cv::Mat whole = from.isContinuous() ? from : from.clone();
  assert(input.size() == whole.total() * whole.elemSize());
  std::memcpy(input.data(), whole.data, input.size());
  run.submit();
  run.wait();
  cv::Mat to(size.count * size.rows, size.forward ? size.width / 2 + 1 : size.width,
             size.forward ? CV_32FC2 : CV_32F);
  std::memcpy(to.data, run.output("to").data(), to.total() * to.elemSize());
  return to;
}

}  // namespace fovea::vision
