// SPDX-License-Identifier: Apache-2.0
// bench_quality DIR [CROPS]: the scores of docs/quality.md on crops of 256 x 256 of the photographs
// in DIR, eleven of each, with known damage: do they tell sharp from blurred, do they fall with
// every kind of damage, and how does the variance of the Laplacian do. Transforms by OpenCV, to
// which tests hold the device's.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "tests/support/degrade.hpp"
#include "tests/unit/vision/spectra_by_dft.hpp"

namespace {

using namespace fovea;
using vision::Flaw;

constexpr int kSide = 256;
constexpr int kPerPhotograph = 11;

std::vector<cv::Mat> crops_of(const std::filesystem::path& dir, std::size_t most) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) files.push_back(entry.path());
  std::ranges::sort(files);
  std::mt19937 generator(1);
  std::vector<cv::Mat> crops;
  for (const auto& file : files) {
    const cv::Mat grey = cv::imread(file.string(), cv::IMREAD_GRAYSCALE);
    if (std::min(grey.rows, grey.cols) < kSide) continue;
    for (int i = 0; i < kPerPhotograph && crops.size() < most; ++i) {
      const auto start = [&](int length) {
        return static_cast<int>(generator() % static_cast<unsigned>(length - kSide + 1));
      };
      const int left = start(grey.cols), top = start(grey.rows);
      crops.push_back(grey(cv::Rect(left, top, kSide, kSide)).clone());
    }
  }
  return crops;
}

cv::Mat compressed(const cv::Mat& grey, double quality) {
  std::vector<unsigned char> bytes;
  cv::imencode(".jpg", grey, bytes, {cv::IMWRITE_JPEG_QUALITY, static_cast<int>(quality)});
  return cv::imdecode(bytes, cv::IMREAD_GRAYSCALE);
}

double sharpness(const cv::Mat& grey) {
  return vision::loss_by_blur(vision::rings_of(test::powers_by_dft(grey).front()));
}

double laplacian(const cv::Mat& grey) {
  cv::Mat edges, mean, deviation;
  cv::Laplacian(grey, edges, CV_32F);
  cv::meanStdDev(edges, mean, deviation);
  return deviation.at<double>(0) * deviation.at<double>(0);
}

/// Ranks from 1, equal values sharing theirs.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> result(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t k = i; k < end; ++k) {
      result[order[k]] = (static_cast<double>(i + end) + 1) / 2;
    }
    i = end;
  }
  return result;
}

/// Share of pairs in which the sharp one scores higher.
double area_under_curve(const std::vector<double>& sharp, const std::vector<double>& blurred) {
  std::vector<double> all = sharp;
  all.insert(all.end(), blurred.begin(), blurred.end());
  const std::vector<double> rank = ranks(all);
  const auto n = static_cast<double>(sharp.size()), m = static_cast<double>(blurred.size());
  const double sum =
      std::accumulate(rank.begin(), rank.begin() + static_cast<std::ptrdiff_t>(sharp.size()), 0.0);
  return (sum - n * (n + 1) / 2) / (n * m);
}

/// Spearman's, of values against how little was damaged.
double rank_correlation(const std::vector<double>& values) {
  const std::vector<double> rank = ranks(values);
  const double middle = (static_cast<double>(values.size()) + 1) / 2;
  double both = 0, own = 0, other = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double a = rank[i] - middle, b = middle - static_cast<double>(i + 1);
    both += a * b;
    own += a * a;
    other += b * b;
  }
  return own > 0 ? both / std::sqrt(own * other) : 0;
}

using Change = std::function<cv::Mat(const cv::Mat&)>;

void compare_with_laplacian(const std::vector<cv::Mat>& crops) {
  const std::vector<std::pair<const char*, Change>> conditions{
      {"as they are", [](const cv::Mat& m) { return m; }},
      {"JPEG quality 50", [](const cv::Mat& m) { return compressed(m, 50); }},
      {"noise of 5 levels", [](const cv::Mat& m) { return test::noisy(m, 5); }},
      {"noise of 10 levels", [](const cv::Mat& m) { return test::noisy(m, 10); }},
      {"contrast halved", [](const cv::Mat& m) -> cv::Mat { return m * 0.5 + 64; }}};
  fmt::print("{} crops, area under the curve, sharp against blurred\n", crops.size());
  fmt::print("{:<22}{:>16}{:>16}{:>18}\n", "both then", "score, 1.5 px", "score, 2 px",
             "Laplacian, 2 px");
  std::vector<double> all[4];
  for (const auto& [name, change] : conditions) {
    std::vector<double> score[3], edges[2];
    for (const cv::Mat& crop : crops) {
      const cv::Mat sharp = change(crop), little = change(test::blurred(crop, 1.5)),
                    much = change(test::blurred(crop, 2));
      score[0].push_back(sharpness(sharp));
      score[1].push_back(sharpness(little));
      score[2].push_back(sharpness(much));
      edges[0].push_back(laplacian(sharp));
      edges[1].push_back(laplacian(much));
    }
    fmt::print("{:<22}{:>16.4f}{:>16.4f}{:>18.4f}\n", name, area_under_curve(score[0], score[1]),
               area_under_curve(score[0], score[2]), area_under_curve(edges[0], edges[1]));
    const std::vector<double>* parts[4] = {&score[0], &score[2], &edges[0], &edges[1]};
    for (int i = 0; i < 4; ++i) all[i].insert(all[i].end(), parts[i]->begin(), parts[i]->end());
  }
  fmt::print("{:<38}{:>16.4f}{:>18.4f}\n", "all mixed: one threshold for all",
             area_under_curve(all[0], all[1]), area_under_curve(all[2], all[3]));
}

void follow_damage(const std::vector<cv::Mat>& crops) {
  struct Damage {
    const char* name;
    Flaw flaw;
    std::vector<double> amounts;
    std::function<cv::Mat(const cv::Mat&, double)> apply;
  };
  const std::vector<Damage> damages{
      {"blur, px", Flaw::blur, {0, 0.5, 1, 1.5, 2, 3, 4}, test::blurred},
      {"motion along 30 degrees, px",
       Flaw::motion,
       {1, 5, 9, 15, 25},
       [](const cv::Mat& m, double px) { return test::moved(m, px, 30); }},
      {"rows of 7 px, levels",
       Flaw::banding,
       {0, 4, 8, 16, 32},
       [](const cv::Mat& m, double a) { return test::with_wave(m, a, 7, 90); }},
      {"waves of 7 px at 40 degrees",
       Flaw::moire,
       {0, 4, 8, 16, 32},
       [](const cv::Mat& m, double a) { return test::with_wave(m, a, 7, 40); }},
      {"JPEG quality", Flaw::blocks, {90, 70, 50, 30, 15, 5}, compressed},
      {"noise, levels",
       Flaw::noise,
       {0, 5, 10, 20, 40},
       [](const cv::Mat& m, double sigma) { return test::noisy(m, sigma); }},
      {"brightness",
       Flaw::exposure,
       {0.8, 0.6, 0.4, 0.2, 0.1},
       [](const cv::Mat& m, double gain) -> cv::Mat { return m * gain; }}};
  fmt::print(
      "\n{} crops, rank correlation of score and damage\n{:<30}{:>10}{:>10}   median score by "
      "amount\n",
      crops.size(), "damage", "mean", "lowest");
  for (const Damage& damage : damages) {
    std::vector<double> correlations;
    std::vector<std::vector<double>> by_amount(damage.amounts.size());
    for (const cv::Mat& crop : crops) {
      std::vector<double> scores;
      for (std::size_t i = 0; i < damage.amounts.size(); ++i) {
        const cv::Mat damaged = damage.apply(crop, damage.amounts[i]);
        const auto score = test::quality_by_dft(damaged)[damage.flaw];
        scores.push_back(score.value_or(1));
        by_amount[i].push_back(scores.back());
      }
      correlations.push_back(rank_correlation(scores));
    }
    std::string medians;
    for (std::size_t i = 0; i < damage.amounts.size(); ++i) {
      std::ranges::sort(by_amount[i]);
      medians +=
          fmt::format("  {:g}: {:.2f}", damage.amounts[i], by_amount[i][by_amount[i].size() / 2]);
    }
    const double mean = std::accumulate(correlations.begin(), correlations.end(), 0.0) /
                        static_cast<double>(correlations.size());
    fmt::print("{:<30}{:>10.3f}{:>10.3f} {}\n", damage.name, mean,
               *std::ranges::min_element(correlations), medians);
  }
}

void follow_direction(const std::vector<cv::Mat>& crops) {
  fmt::print("\nmotion in any direction: error of the direction, degrees\n{:<10}{:>8}{:>8}{:>8}\n",
             "px", "median", "3/4", "9/10");
  std::mt19937 generator(5);
  for (const double length : {9.0, 15.0, 25.0}) {
    std::vector<double> errors;
    for (const cv::Mat& crop : crops) {
      const double degrees = static_cast<double>(generator() % 1800) / 10;
      const auto powers = test::powers_by_dft(test::moved(crop, length, degrees));
      const auto motion = vision::motion_of(powers, vision::rings_of(powers));
      const double error = motion ? std::fmod(std::abs(motion->degrees - degrees), 180) : 90;
      errors.push_back(std::min(error, 180 - error));
    }
    std::ranges::sort(errors);
    const auto at = [&](double share) {
      return errors[static_cast<std::size_t>(share * static_cast<double>(errors.size() - 1))];
    };
    fmt::print("{:<10g}{:>8.1f}{:>8.1f}{:>8.1f}\n", length, at(0.5), at(0.75), at(0.9));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: bench_quality DIR [CROPS]\n");
    return 1;
  }
  cv::setNumThreads(1);
  const std::size_t most = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1000;
  const std::vector<cv::Mat> crops = crops_of(argv[1], most);
  if (crops.empty()) {
    fmt::print(stderr, "no picture of {} x {} or more in {}\n", kSide, kSide, argv[1]);
    return 1;
  }
  compare_with_laplacian(crops);
  std::vector<cv::Mat> fewer;  // one of each photograph
  for (std::size_t i = 0; i < crops.size(); i += kPerPhotograph) fewer.push_back(crops[i]);
  follow_damage(fewer);
  follow_direction(fewer);
  return 0;
}
