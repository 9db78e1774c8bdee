// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes the stages that work by spectra, and opens the device they share. It is the run's, opened a
// second time: on the models' queue a transform of a millisecond would wait behind whole batches.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "compute/device.hpp"
#include "pipeline/config/stage_config.hpp"
#include "pipeline/line/stage.hpp"
#include "pipeline/spectral/quality_stage.hpp"
#include "vision/spectral/fourier.hpp"

namespace fovea::pipeline {

class SpectralStages {
 public:
  /// `device` as in a configuration. `cache_dir` empty: nothing is kept between runs.
  SpectralStages(std::string device, std::filesystem::path cache_dir);

  /// The stage, or null where `config` is of another kind. It lives no longer than this. Throws
  /// GpuError where the build has no VkFFT.
  std::unique_ptr<Stage> make(const StageConfig& config);
  std::unique_ptr<QualityStage> make(const QualityConfig& config);

 private:
  vision::Fourier& fourier(const std::string& stage);

  std::string request_;
  std::filesystem::path cache_dir_;
  std::optional<compute::Device> device_;
  // Each stage has a thread of its own in the threaded line, and with it its own programs.
  std::vector<std::unique_ptr<vision::Fourier>> fourier_;
};

}  // namespace fovea::pipeline
