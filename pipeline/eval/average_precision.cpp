// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/average_precision.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace fovea::pipeline {
namespace {

constexpr std::size_t kMostDetections = 100;
constexpr std::array<std::size_t, 3> kLimits{1, 10, kMostDetections};
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct AreaRange {
  double low, high;
  bool excludes(double area) const { return area < low || area > high; }
};
constexpr std::array<AreaRange, kSizes> kAreas{
    {{0, 1e10}, {0, 32.0 * 32}, {32.0 * 32, 96.0 * 96}, {96.0 * 96, 1e10}}};

/// numpy.linspace(first, last, n)[i], whose last digits decide ties.
double step_of(double first, double last, int n, int i) {
  return i == n - 1 ? last : first + i * ((last - first) / (n - 1));
}

double area_of(const PlainBox& box) { return box.width * box.height; }

/// Of a detection that may fall into a crowd, its own area is the union.
double overlap(const PlainBox& detected, const TruthBox& truth) {
  const PlainBox& box = truth.box;
  const double width =
      std::min(detected.x + detected.width, box.x + box.width) - std::max(detected.x, box.x);
  if (width <= 0) return 0;
  const double height =
      std::min(detected.y + detected.height, box.y + box.height) - std::max(detected.y, box.y);
  if (height <= 0) return 0;
  const double shared = width * height;
  const double all = truth.crowd ? area_of(detected) : area_of(detected) + area_of(box) - shared;
  return shared / all;
}

/// What one class has in one picture.
struct Cell {
  std::vector<const TruthBox*> truth;
  std::vector<const DetectedBox*> detected;  // best first, at most kMostDetections
  std::vector<double> overlaps;              // [detected, truth]
};

/// A detection once it is known what it met, at one overlap and one size.
struct Verdict {
  double score = 0;
  bool right = false, ignored = false;
};

/// Gives each detection, best first, the free object it overlaps most. Objects to be ignored are
/// taken only where no other fits.
std::vector<Verdict> match(const Cell& cell, double needed, const AreaRange& range) {
  std::vector<std::size_t> order(cell.truth.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto ignored = [&](std::size_t g) {
    return cell.truth[g]->ignore || range.excludes(cell.truth[g]->area);
  };
  std::stable_partition(order.begin(), order.end(), [&](std::size_t g) { return !ignored(g); });
  std::vector<bool> taken(cell.truth.size(), false);
  std::vector<Verdict> verdicts;
  for (std::size_t d = 0; d < cell.detected.size(); ++d) {
    double best = std::min(needed, 1 - 1e-10);
    std::size_t met = cell.truth.size();
    for (const std::size_t g : order) {
      if (taken[g] && !cell.truth[g]->crowd) continue;
      if (met < cell.truth.size() && !ignored(met) && ignored(g)) break;
      const double reached = cell.overlaps[d * cell.truth.size() + g];
      if (reached < best) continue;
      best = reached;
      met = g;
    }
    Verdict verdict{cell.detected[d]->score, met < cell.truth.size(), false};
    if (verdict.right) {
      taken[met] = true;
      verdict.ignored = ignored(met);
    } else {
      verdict.ignored = range.excludes(area_of(cell.detected[d]->box));
    }
    verdicts.push_back(verdict);
  }
  return verdicts;
}

/// Precision over recall at one overlap and one size.
struct Curve {
  double recall = 0;
  std::vector<double> precision;  // at kRecalls recalls
};

/// `verdicts` of all pictures in their order; `objects` of them are to be found.
Curve curve_of(std::vector<Verdict> verdicts, std::size_t objects) {
  std::ranges::stable_sort(verdicts, std::ranges::greater{}, &Verdict::score);
  std::vector<double> recalls, precisions;
  double right = 0, wrong = 0;
  for (const Verdict& verdict : verdicts) {
    if (!verdict.ignored) (verdict.right ? right : wrong) += 1;
    recalls.push_back(right / static_cast<double>(objects));
    precisions.push_back(right / (right + wrong + std::numeric_limits<double>::epsilon()));
  }
  for (std::size_t i = precisions.size(); i > 1; --i) {
    precisions[i - 2] = std::max(precisions[i - 2], precisions[i - 1]);
  }
  Curve curve;
  curve.recall = recalls.empty() ? 0 : recalls.back();
  curve.precision.assign(kRecalls, 0);
  for (int r = 0; r < kRecalls; ++r) {
    const auto at = std::ranges::lower_bound(recalls, step_of(0, 1, kRecalls, r));
    if (at == recalls.end()) break;
    curve.precision[static_cast<std::size_t>(r)] =
        precisions[static_cast<std::size_t>(at - recalls.begin())];
  }
  return curve;
}

double mean(const std::vector<double>& values) {
  if (values.empty()) return kNone;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Everything about one class.
class ClassScorer {
 public:
  explicit ClassScorer(const std::vector<Cell>& cells) : cells_(cells) {}

  /// Sets all of `out` but its name and counts.
  void score(ClassFigures& out) const {
    BoxFigures& figures = out.figures;
    for (int size = 0; size < kSizes; ++size) {
      const auto at = static_cast<std::size_t>(size);
      std::vector<double> ap, ar, ar1, ar10;
      for (int t = 0; t < kOverlaps; ++t) {
        const double needed = step_of(0.5, 0.95, kOverlaps, t);
        const std::optional<Curve> curve = curve_at(needed, kAreas[at], kLimits[2]);
        if (!curve) break;
        ap.push_back(mean(curve->precision));
        ar.push_back(curve->recall);
        if (size != 0) continue;
        ar1.push_back(curve_at(needed, kAreas[at], kLimits[0])->recall);
        ar10.push_back(curve_at(needed, kAreas[at], kLimits[1])->recall);
        if (t == 0) out.curve50 = curve->precision;
        if (t == 5) out.curve75 = curve->precision;
      }
      figures.ap[at] = mean(ap);
      figures.ar[at] = mean(ar);
      if (size == 0) {
        figures.ar1 = mean(ar1);
        figures.ar10 = mean(ar10);
      }
    }
    figures.ap50 = mean(out.curve50);
    figures.ap75 = mean(out.curve75);
  }

 private:
  /// Nothing where there is no object to find.
  std::optional<Curve> curve_at(double needed, const AreaRange& range, std::size_t limit) const {
    std::size_t objects = 0;
    std::vector<Verdict> verdicts;
    for (const Cell& cell : cells_) {
      for (const TruthBox* box : cell.truth) {
        if (!box->ignore && !range.excludes(box->area)) ++objects;
      }
      std::vector<Verdict> found = match(cell, needed, range);
      if (found.size() > limit) found.resize(limit);
      verdicts.insert(verdicts.end(), found.begin(), found.end());
    }
    if (objects == 0) return std::nullopt;
    return curve_of(std::move(verdicts), objects);
  }

  const std::vector<Cell>& cells_;
};

void fill_overlaps(Cell& cell) {
  std::ranges::stable_sort(cell.detected, std::ranges::greater{},
                           [](const DetectedBox* box) { return box->score; });
  if (cell.detected.size() > kMostDetections) cell.detected.resize(kMostDetections);
  for (const DetectedBox* detected : cell.detected) {
    for (const TruthBox* truth : cell.truth) {
      cell.overlaps.push_back(overlap(detected->box, *truth));
    }
  }
}

/// The mean of one figure over the classes that have it.
template <class Figure>
double over_classes(const std::vector<ClassFigures>& classes, Figure figure) {
  std::vector<double> values;
  for (const ClassFigures& one : classes) {
    if (const double value = figure(one.figures); !std::isnan(value)) values.push_back(value);
  }
  return mean(values);
}

std::vector<double> mean_curve(const std::vector<ClassFigures>& classes,
                               std::vector<double> ClassFigures::*curve) {
  std::vector<double> sum(kRecalls, 0);
  double count = 0;
  for (const ClassFigures& one : classes) {
    if ((one.*curve).empty()) continue;
    ++count;
    std::ranges::transform(sum, one.*curve, sum.begin(), std::plus{});
  }
  if (count == 0) return {};
  for (double& value : sum) value /= count;
  return sum;
}

}  // namespace

BoxScores score_boxes(const BoxTruth& truth, const std::vector<DetectedBox>& detections) {
  BoxScores scores;
  scores.pictures = truth.pictures.size();
  scores.detections = detections.size();
  for (std::size_t category = 0; category < truth.categories.size(); ++category) {
    std::vector<Cell> cells(truth.pictures.size());
    ClassFigures one;
    one.name = truth.categories[category].name;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      for (const TruthBox& box : truth.pictures[i].boxes) {
        if (box.category != category) continue;
        cells[i].truth.push_back(&box);
        if (!box.ignore) ++one.objects;
      }
    }
    for (const DetectedBox& box : detections) {
      if (box.category != category) continue;
      cells[box.picture].detected.push_back(&box);
      ++one.detections;
    }
    for (Cell& cell : cells) fill_overlaps(cell);
    ClassScorer(cells).score(one);
    scores.objects += one.objects;
    scores.classes.push_back(std::move(one));
  }
  for (std::size_t size = 0; size < kSizes; ++size) {
    scores.mean.ap[size] =
        over_classes(scores.classes, [&](const BoxFigures& f) { return f.ap[size]; });
    scores.mean.ar[size] =
        over_classes(scores.classes, [&](const BoxFigures& f) { return f.ar[size]; });
  }
  scores.mean.ap50 = over_classes(scores.classes, [](const BoxFigures& f) { return f.ap50; });
  scores.mean.ap75 = over_classes(scores.classes, [](const BoxFigures& f) { return f.ap75; });
  scores.mean.ar1 = over_classes(scores.classes, [](const BoxFigures& f) { return f.ar1; });
  scores.mean.ar10 = over_classes(scores.classes, [](const BoxFigures& f) { return f.ar10; });
  scores.curve50 = mean_curve(scores.classes, &ClassFigures::curve50);
  scores.curve75 = mean_curve(scores.classes, &ClassFigures::curve75);
  return scores;
}

}  // namespace fovea::pipeline
