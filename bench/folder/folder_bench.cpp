// SPDX-License-Identifier: Apache-2.0
// A folder of JPEGs from file to record, against the model alone: what decoding, resizing, queues
// and records cost where they should hide behind the device. Rounds of both alternate, so that a
// busy machine slows both; the ratio is that of the two rounds of a pair.
//
//   bench_folder [MODEL] [BATCH] [PICTURES] [PAIRS]      default: random:vit-small-224 8 64 3

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <unistd.h>

#include "compute/device.hpp"
#include "compute/error.hpp"
#include "pipeline/line/run.hpp"
#include "vision/checkpoint/model_name.hpp"
#include "vision/inference.hpp"
#include "vision/models/auto_precision.hpp"
#include "vision/models/random_checkpoint.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

const cv::Size kPicture{640, 480};
constexpr int kQuality = 90;

/// Smooth shapes with some noise: about as many bytes as a photograph has.
void write_pictures(const fs::path& folder, int count) {
  cv::RNG random(1);
  for (int i = 0; i < count; ++i) {
    cv::Mat small(kPicture.height / 20, kPicture.width / 20, CV_8UC3), picture, noise;
    random.fill(small, cv::RNG::UNIFORM, 0, 256);
    cv::resize(small, picture, kPicture, 0, 0, cv::INTER_CUBIC);
    noise.create(kPicture, CV_8UC3);
    random.fill(noise, cv::RNG::NORMAL, 8, 6);
    picture += noise;
    cv::imwrite((folder / fmt::format("{:04}.jpg", i)).string(), picture,
                {cv::IMWRITE_JPEG_QUALITY, kQuality});
  }
}

/// Pictures a second through the model, two submissions in flight.
double model_alone(vision::Inference& inference, int batch, int pictures) {
  const auto launch = [&] {
    vision::Pending pending = inference.begin(batch);
    for (int i = 0; i < batch; ++i) std::ranges::fill(pending.input(i), std::uint8_t{97});
    pending.submit();
    return pending;
  };
  launch().finish();
  const auto start = Clock::now();
  std::optional<vision::Pending> earlier = launch();
  for (int done = batch; done < pictures; done += batch) {
    vision::Pending later = launch();
    earlier->finish();
    earlier = std::move(later);
  }
  earlier->finish();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return (pictures + batch - 1) / batch * batch / seconds;
}

int run(const std::string& model, int batch, int pictures, int pairs) {
  const fs::path folder =
      fs::temp_directory_path() / fmt::format("fovea-folder-bench-{}", ::getpid());
  fs::create_directories(folder / "pictures");
  write_pictures(folder / "pictures", pictures);
  const std::string found = model.starts_with(vision::kRandomModelPrefix)
                                ? vision::random_checkpoint(model, folder).string()
                                : model;
  const auto checkpoint = vision::Checkpoint::open(vision::find_model(found).folder);
  compute::Device device;
  const auto precision = vision::choose_precision(std::nullopt, device, checkpoint).precision;
  vision::Inference inference(device, checkpoint, {.precision = precision, .max_batch = batch});

  pipeline::RunConfig config;
  config.batch = batch;
  config.tune = pipeline::Tune::off;
  config.sources.push_back({.path = folder / "pictures"});
  config.stages.emplace_back(pipeline::ClassifyConfig{.model = found});
  config.sinks.push_back({pipeline::JsonlConfig{folder / "results.jsonl"}, {}});

  fmt::print("{} on {} ({}), {}, batch {}, {} JPEGs of {} x {}\n", model, device.info().name,
             device.info().driver, to_string(precision), batch, pictures, kPicture.width,
             kPicture.height);
  fmt::print("{:>12}{:>12}{:>8}\n", "model img/s", "folder", "ratio");
  std::vector<double> ratios;
  for (int i = 0; i < pairs; ++i) {
    const double alone = model_alone(inference, batch, pictures);
    const pipeline::RunSummary summary = pipeline::run_pipeline(config).summary;
    ratios.push_back(summary.images_per_s / alone);
    fmt::print("{:>12.2f}{:>12.2f}{:>8.3f}  busiest: {}\n", alone, summary.images_per_s,
               ratios.back(), summary.bottleneck);
    std::fflush(stdout);
  }
  std::ranges::sort(ratios);
  fmt::print("ratio: median {:.3f}, from {:.3f} to {:.3f}\n", ratios[ratios.size() / 2],
             ratios.front(), ratios.back());
  fs::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace fovea

int main(int count, char** values) {
  const auto number = [&](int place, int otherwise) {
    return count > place ? std::max(1, std::atoi(values[place])) : otherwise;
  };
  try {
    return fovea::run(count > 1 ? values[1] : "random:vit-small-224", number(2, 8), number(3, 64),
                      number(4, 3));
  } catch (const fovea::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
