// SPDX-License-Identifier: Apache-2.0
#include "vision/quality/spectra.hpp"

#include <cstring>
#include <string>

#include "compute/device.hpp"
#include "compute/ops/fft.hpp"

namespace fovea::vision {

TileSpectra::TileSpectra(compute::Device& device, const std::string& who) : device_(device) {
  compute::ops::require_fft(who);
}

compute::Program& TileSpectra::program_of(int side, int planes) {
  const auto place = std::pair(side, planes);
  if (const auto known = programs_.find(place); known != programs_.end()) return known->second;
  compute::ProgramBuilder builder(device_, "quality");
  const compute::Tensor tiles = builder.input("tiles", {{planes, side, side}});
  builder.output("spectra", compute::ops::rfft2(builder, tiles));
  return programs_.emplace(place, std::move(builder).build(1)).first->second;
}

cv::Mat TileSpectra::operator()(const QualityTiles& tiles) {
  // Two programs a side, not nine: each costs seconds of a driver's time at its first use.
  const int planes = tiles.count == 1 ? 1 : kMostTiles;
  compute::Run run = program_of(tiles.side, planes).begin();
  const auto input = run.input("tiles");
  const std::size_t bytes = tiles.planes.total() * sizeof(float);
  std::memcpy(input.data(), tiles.planes.ptr(), bytes);
  std::memset(input.data() + bytes, 0, input.size() - bytes);
  run.submit();
  run.wait();
  cv::Mat spectra(tiles.count * tiles.side, tiles.side / 2 + 1, CV_32FC2);
  std::memcpy(spectra.ptr(), run.output("spectra").data(), spectra.total() * spectra.elemSize());
  return spectra;
}

}  // namespace fovea::vision
