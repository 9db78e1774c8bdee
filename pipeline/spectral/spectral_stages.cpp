// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spectral/spectral_stages.hpp"

#include <utility>
#include <variant>

#include "compute/ops/fft.hpp"
#include "pipeline/spectral/change_stage.hpp"
#include "pipeline/spectral/stabilise_stage.hpp"
#include "vision/quality/spectra.hpp"

namespace fovea::pipeline {

SpectralStages::SpectralStages(std::string device, std::filesystem::path cache_dir)
    : request_(std::move(device)), cache_dir_(std::move(cache_dir)) {
  // Its own folder: two devices would overwrite each other's compiled pipelines.
  if (!cache_dir_.empty()) cache_dir_ /= "spectral";
}

vision::Fourier& SpectralStages::fourier(const std::string& stage) {
  const std::string who = "the stage '" + stage + "'";
  compute::ops::require_fft(who);
  if (!device_) {
    compute::DeviceOptions options;
    options.request = request_;
    options.cache_dir = cache_dir_;
    device_.emplace(options);
  }
  return *fourier_.emplace_back(std::make_unique<vision::Fourier>(*device_, who));
}

std::unique_ptr<QualityStage> SpectralStages::make(const QualityConfig& config) {
  vision::Fourier& transforms = fourier("quality");
  return std::make_unique<QualityStage>(config, [&transforms](const vision::QualityTiles& tiles) {
    return vision::quality_spectra(transforms, tiles);
  });
}

std::unique_ptr<Stage> SpectralStages::make(const StageConfig& config) {
  if (const auto* quality = std::get_if<QualityConfig>(&config)) return make(*quality);
  if (const auto* change = std::get_if<ChangeConfig>(&config)) {
    vision::Fourier& transforms = fourier("change");
    return std::make_unique<ChangeStage>(*change, [&transforms](const cv::Mat& rgb) {
      return vision::tile_spectra(transforms, rgb);
    });
  }
  if (const auto* stabilise = std::get_if<StabiliseConfig>(&config)) {
    return std::make_unique<StabiliseStage>(*stabilise, fourier("stabilise"));
  }
  return nullptr;
}

}  // namespace fovea::pipeline
