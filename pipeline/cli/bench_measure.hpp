// SPDX-License-Identifier: Apache-2.0
#pragma once
// The measurements of `fovea bench`. Each runs in a process of its own, so that peak
// memory is that measurement's and nothing is warm by accident.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compute/device.hpp"
#include "compute/ops/transformer.hpp"

namespace fovea::pipeline {

/// Requires: not empty.
double median(std::vector<double> values);

struct BenchCase {
  std::filesystem::path model;  // a folder
  std::string device = "auto";
  std::optional<compute::ops::Precision> precision;  // nothing: auto
  int batch = 1;
  bool tune = true;    // as a run does: by the kernels that were measured to be fastest
  double seconds = 3;  // at least this long, and at least five submissions
};

/// Opens what the case names as a run would.
compute::DeviceOptions device_options(const BenchCase& wanted);

struct BenchResult {
  std::string device, driver;
  std::string precision;                  // that auto came to
  int submissions = 0;                    // of those timed one by one
  double min_ms = 0, median_ms = 0;       // wall time of a picture, one submission at a time
  double device_ms = 0;                   // of it on the device, median; 0 where unknown
  double host_ms = 0;                     // the rest: copying in, submitting, waiting, reading
  double images_per_s = 0;                // two submissions in flight
  std::uint64_t peak_device_bytes = 0;    // buffers held by Fovea
  std::uint64_t peak_resident_bytes = 0;  // of the process; holds them too on a software device
};

/// Throws what the measurement threw.
BenchResult measure(const BenchCase& wanted);

struct FirstResult {
  double cold_ms = 0;  // no compiled program anywhere
  double warm_ms = 0;  // the same command once more
};

/// Wall time of `fovea classify` on one picture, from start to exit, in a cache folder of its own.
FirstResult measure_first_result(const BenchCase& wanted);

}  // namespace fovea::pipeline
