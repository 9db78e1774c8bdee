// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "compute/error.hpp"
#include "pipeline/eval/eval.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/text.hpp"
#include "vision/draw.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::size_t kNumberedClasses = 20;  // counts in the cells
constexpr std::size_t kNamedClasses = 60;     // names at the edges
constexpr int kScale = 3;                     // drawn larger, then averaged: smooth lettering
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

const cv::Scalar kPaper(255, 255, 255), kInk(40, 28, 22), kSoft(125, 110, 100);
const cv::Scalar kDeep(160, 58, 36);                            // of a full cell; B, G, R
constexpr double kSmall = 0.42, kNormal = 0.48, kTitle = 0.72;  // Hershey sizes

std::string shortened(std::string_view text, std::size_t length) {
  std::string out = vision::to_ascii(text);
  if (out.size() > length) out = out.substr(0, length - 2) + "..";
  return out;
}

int text_width(const std::string& text, double size) {
  int baseline = 0;
  return cv::getTextSize(text, kFont, size, 1, &baseline).width;
}

cv::Scalar blend(double share) {
  // The square root lets a few per cent be seen.
  const double weight = std::sqrt(std::clamp(share, 0.0, 1.0));
  return kPaper * (1 - weight) + kDeep * weight;
}

// A page in units of final pixels.
class Canvas {
 public:
  Canvas(int width, int height) : image_(height * kScale, width * kScale, CV_8UC3, kPaper) {}

  void text(const std::string& words, cv::Point at, double size, const cv::Scalar& colour,
            int thickness = 1) {
    cv::putText(image_, words, at * kScale, kFont, size * kScale, colour, thickness * kScale - 1,
                cv::LINE_AA);
  }
  void centred(const std::string& words, cv::Point at, double size, const cv::Scalar& colour) {
    text(words, {at.x - text_width(words, size) / 2, at.y + static_cast<int>(size * 10)}, size,
         colour);
  }
  void right_aligned(const std::string& words, cv::Point at, double size,
                     const cv::Scalar& colour) {
    text(words, {at.x - text_width(words, size), at.y + static_cast<int>(size * 10)}, size, colour);
  }
  // From `at` upwards, read with the head to the left.
  void upwards(const std::string& words, cv::Point at, double size, const cv::Scalar& colour) {
    const int length = text_width(words, size) + 4;
    const int height = 20;
    Canvas strip(length, height);
    strip.text(words, {2, 14}, size, colour);
    cv::Mat turned;
    cv::rotate(strip.image_, turned, cv::ROTATE_90_COUNTERCLOCKWISE);
    const cv::Rect place(at.x * kScale - turned.cols / 2, at.y * kScale - turned.rows, turned.cols,
                         turned.rows);
    const cv::Rect inside = place & cv::Rect({}, image_.size());
    turned(inside - place.tl()).copyTo(image_(inside));
  }
  void fill(cv::Rect area, const cv::Scalar& colour) {
    cv::rectangle(image_, area.tl() * kScale, area.br() * kScale - cv::Point(1, 1), colour,
                  cv::FILLED);
  }
  void frame(cv::Rect area, const cv::Scalar& colour) {
    cv::rectangle(image_, area.tl() * kScale, area.br() * kScale, colour, kScale);
  }
  cv::Mat finished() const {
    cv::Mat page;
    cv::resize(image_, page, {}, 1.0 / kScale, 1.0 / kScale, cv::INTER_AREA);
    return page;
  }

 private:
  cv::Mat image_;
};

struct Layout {
  int cell = 0, left = 0, top = 104;
  int legend = 92;  // room on the right
  std::size_t rows = 0, answers = 0;
  bool names = false, numbers = false;

  cv::Rect at(std::size_t truth, std::size_t answer) const {
    return {left + static_cast<int>(answer) * cell, top + static_cast<int>(truth) * cell, cell,
            cell};
  }
  int right() const { return left + static_cast<int>(answers) * cell; }
  int bottom() const { return top + static_cast<int>(rows) * cell; }
};

Layout lay_out(const Scores& scores) {
  Layout layout;
  layout.rows = layout.answers = scores.classes.size();
  for (std::size_t t = 0; t < layout.rows; ++t) {
    if (scores.at(t, layout.rows) > 0) layout.answers = layout.rows + 1;
  }
  layout.numbers = layout.rows <= kNumberedClasses;
  layout.names = layout.rows <= kNamedClasses;
  layout.cell = layout.numbers ? 52
                : layout.names ? 20
                               : std::max(1, 1000 / static_cast<int>(layout.rows));
  layout.left = 90;
  if (!layout.names) return layout;
  int longest = text_width("(another)", kNormal);
  for (const ClassScore& one : scores.classes) {
    longest = std::max(longest, text_width(shortened(one.name, 24), kNormal));
  }
  layout.left = longest + 48;
  layout.top = 86 + longest + 10;
  return layout;
}

void draw_cells(Canvas& canvas, const Layout& layout, const Scores& scores) {
  for (std::size_t truth = 0; truth < layout.rows; ++truth) {
    const auto all =
        static_cast<double>(std::max<std::uint64_t>(1, scores.classes[truth].pictures));
    for (std::size_t answer = 0; answer < layout.answers; ++answer) {
      const std::uint64_t count = scores.at(truth, answer);
      const double share = static_cast<double>(count) / all;
      const cv::Rect cell = layout.at(truth, answer);
      const int gap = layout.numbers ? 1 : 0;
      canvas.fill({cell.x, cell.y, cell.width - gap, cell.height - gap},
                  count == 0 ? cv::Scalar(247, 245, 244) : blend(share));
      if (!layout.numbers || count == 0) continue;
      canvas.centred(std::to_string(count), {cell.x + cell.width / 2, cell.y + cell.height / 2 - 1},
                     count < 10'000 ? kNormal : kSmall, share > 0.25 ? kPaper : kInk);
    }
  }
  canvas.frame(
      {layout.left, layout.top, layout.right() - layout.left, layout.bottom() - layout.top},
      cv::Scalar(215, 208, 204));
}

void draw_names(Canvas& canvas, const Layout& layout, const Scores& scores) {
  if (!layout.names) {
    const std::size_t step = layout.rows <= 200 ? 10 : 100;
    for (std::size_t i = 0; i < layout.rows; i += step) {
      const cv::Rect cell = layout.at(i, i);
      canvas.right_aligned(std::to_string(i), {layout.left - 6, cell.y}, kSmall, kInk);
      canvas.centred(std::to_string(i), {cell.x, layout.top - 12}, kSmall, kInk);
    }
    return;
  }
  for (std::size_t i = 0; i < layout.answers; ++i) {
    const bool other = i == layout.rows;
    const std::string name = other ? "(another)" : shortened(scores.classes[i].name, 24);
    const cv::Rect cell = layout.at(std::min(i, layout.rows - 1), i);
    canvas.upwards(name, {cell.x + cell.width / 2, layout.top - 6}, kNormal, other ? kSoft : kInk);
    if (other) continue;
    canvas.right_aligned(name, {layout.left - 8, cell.y + cell.height / 2 - 1}, kNormal, kInk);
  }
}

void draw_legend(Canvas& canvas, const Layout& layout) {
  const int height = std::min(220, layout.bottom() - layout.top);
  const int x = layout.right() + 24;
  for (int y = 0; y < height; ++y) {
    canvas.fill({x, layout.top + y, 14, 1}, blend(1 - static_cast<double>(y) / (height - 1)));
  }
  canvas.frame({x, layout.top, 14, height}, cv::Scalar(215, 208, 204));
  for (const int percent : {100, 50, 25, 10, 0}) {
    const int y = layout.top + (100 - percent) * (height - 1) / 100;
    if (percent != 0 && percent != 100 && height < 160) continue;
    canvas.text(fmt::format("{} %", percent), {x + 20, y + 4}, kSmall, kSoft);
  }
}

}  // namespace

void write_confusion_png(const EvalReport& report, const std::filesystem::path& file) {
  const Scores& scores = report.scores;
  const Layout layout = lay_out(scores);
  const std::string title =
      scores.pictures == 0
          ? shortened(report.dataset, 40)
          : fmt::format("{}: {:.2f} % right", shortened(report.dataset, 40), 100 * scores.top1);
  const std::string subtitle = fmt::format(
      "{}, {} pictures", shortened(report.run.identity.model, 44), with_commas(scores.pictures));
  const std::string key = "rows: truth, columns: answers, colour: share of the row";
  const int width = std::max({layout.right() + layout.legend, 40 + text_width(title, kTitle),
                              40 + text_width(subtitle, kSmall), 40 + text_width(key, kSmall)});
  Canvas canvas(width, layout.bottom() + 28);
  canvas.text(title, {20, 32}, kTitle, kInk, 2);
  canvas.text(subtitle, {20, 53}, kSmall, kSoft);
  canvas.text(key, {20, 70}, kSmall, kSoft);
  draw_cells(canvas, layout, scores);
  draw_names(canvas, layout, scores);
  draw_legend(canvas, layout);

  std::vector<unsigned char> png;
  cv::imencode(".png", canvas.finished(), png);
  AtomicFile out(file);
  out.write({reinterpret_cast<const char*>(png.data()), png.size()});
  out.commit();
}

}  // namespace fovea::pipeline
