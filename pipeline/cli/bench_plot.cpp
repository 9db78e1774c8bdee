// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/bench_plot.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr double kWidth = 960, kHeight = 460;
constexpr double kTop = 128, kBottom = 396;  // of both panels' axes
constexpr int kColours = 4;

// Both palettes are readable on their own background and for eyes that tell no red from green.
// Colours stand in plain rules: many programs that draw SVG know no variables.
const char* const kStyle = R"(<style>
text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328; }
.title { font-size: 20px; font-weight: 600; }
.panel { font-size: 14px; font-weight: 600; }
.small, .tick { font-size: 12px; fill: #57606a; }
.value { font-size: 12px; }
.paper { fill: #ffffff; }
.grid { stroke: #d8dee4; stroke-width: 1; }
.axis { stroke: #57606a; stroke-width: 1; }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
.dot0 { fill: #0b62c4; } .line0 { stroke: #0b62c4; }
.dot1 { fill: #c2410c; } .line1 { stroke: #c2410c; }
.dot2 { fill: #11734b; } .line2 { stroke: #11734b; }
.dot3 { fill: #7c3aed; } .line3 { stroke: #7c3aed; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .small, .tick { fill: #9da7b1; }
  .paper { fill: #0d1117; }
  .grid { stroke: #30363d; }
  .axis { stroke: #9da7b1; }
  .dot0 { fill: #6cb0ff; } .line0 { stroke: #6cb0ff; }
  .dot1 { fill: #ff9a5c; } .line1 { stroke: #ff9a5c; }
  .dot2 { fill: #56d29a; } .line2 { stroke: #56d29a; }
  .dot3 { fill: #c0a1ff; } .line3 { stroke: #c0a1ff; }
}
</style>
)";

struct Panel {
  double left, right;
  std::string title, unit;
  std::function<double(const PlotPoint&)> value;
};

/// 0, step, 2 step, ... up to at least `largest`, in steps of 1, 2 or 5 times a power of ten.
std::vector<double> ticks_up_to(double largest) {
  if (!(largest > 0)) largest = 1;
  const double rough = largest / 5;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough) step = factor * power;
  }
  std::vector<double> ticks;
  for (int i = 0; ticks.empty() || ticks.back() < largest; ++i) ticks.push_back(i * step);
  return ticks;
}

/// 1234.5 -> "1,234", 12.34 -> "12.3", 0.1234 -> "0.123".
std::string number(double value) {
  if (value >= 1000) return with_commas(static_cast<std::uint64_t>(std::llround(value)));
  return fmt::format("{:.3g}", value);
}

std::string text(double x, double y, const char* style, const char* anchor,
                 const std::string& content) {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" class="{}" text-anchor="{}">{}</text>)"
                     "\n",
                     x, y, style, anchor, html_escape(content));
}

std::string shortened(const std::string& content, int columns) {
  const std::string fitted = fit(to_utf8(content), columns, Cut::end, "…");
  return fitted.substr(0, fitted.find_last_not_of(' ') + 1);
}

class Drawing {
 public:
  explicit Drawing(const Plot& plot) : plot_(plot) {
    for (PlotSeries series : plot.series) {
      std::erase_if(series.points, [](const PlotPoint& point) {
        return !std::isfinite(point.images_per_s) || !std::isfinite(point.batch_ms) ||
               point.batch < 1;
      });
      std::ranges::sort(series.points, {}, &PlotPoint::batch);
      for (const PlotPoint& point : series.points) batches_.insert(point.batch);
      series_.push_back(std::move(series));
    }
  }

  std::string svg() const {
    std::string out = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img">)"
        "\n",
        kWidth, kHeight);
    out += fmt::format("<title>{}</title>\n", html_escape("Speed of " + plot_.model));
    out += kStyle;
    out += fmt::format(R"(<rect width="{}" height="{}" class="paper"/>)"
                       "\n",
                       kWidth, kHeight);
    out += text(32, 40, "title", "start", shortened(plot_.model, 70));
    out += text(32, 62, "small", "start", shortened(plot_.device, 130));
    out += text(32, 80, "small", "start",
                shortened(fmt::format("driver {} · {}", plot_.driver, plot_.program), 130));
    out += legend();
    out += panel({84, 460, "Throughput", "pictures a second",
                  [](const PlotPoint& point) { return point.images_per_s; }});
    out += panel({564, 940, "Latency of a batch", "milliseconds",
                  [](const PlotPoint& point) { return point.batch_ms; }});
    return out + "</svg>\n";
  }

 private:
  /// Batches double from tick to tick, so the axis is logarithmic.
  double x_of(const Panel& panel, int batch) const {
    constexpr double kInset = 24;
    const double first = std::log2(batches_.empty() ? 1 : *batches_.begin());
    const double last = std::log2(batches_.empty() ? 1 : *batches_.rbegin());
    if (last <= first) return (panel.left + panel.right) / 2;
    const double part = (std::log2(batch) - first) / (last - first);
    return panel.left + kInset + part * (panel.right - panel.left - 2 * kInset);
  }

  std::string legend() const {
    std::string out;
    double x = kWidth - 20;
    for (std::size_t i = series_.size(); i-- > 0;) {
      const std::string name = shortened(series_[i].name, 16);
      out += text(x, 40, "small", "end", name);
      x -= 7.5 * columns(name) + 12;
      out += fmt::format(R"(<circle cx="{:.1f}" cy="36" r="5" class="dot{}"/>)"
                         "\n",
                         x, i % kColours);
      x -= 20;
    }
    return out;
  }

  std::string panel(const Panel& panel) const {
    double largest = 0;
    for (const PlotSeries& series : series_) {
      for (const PlotPoint& point : series.points) largest = std::max(largest, panel.value(point));
    }
    const std::vector<double> ticks = ticks_up_to(largest);
    const auto y_of = [&](double value) {
      return kBottom - value / ticks.back() * (kBottom - kTop);
    };
    std::string out = text(panel.left, kTop - 16, "panel", "start",
                           fmt::format("{}, {}", panel.title, panel.unit));
    for (const double tick : ticks) {
      out +=
          fmt::format(R"(<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}" class="{}"/>)"
                      "\n",
                      panel.left, panel.right, y_of(tick), y_of(tick), tick > 0 ? "grid" : "axis");
      out += text(panel.left - 8, y_of(tick) + 4, "tick", "end", number(tick));
    }
    for (const int batch : batches_) {
      out += text(x_of(panel, batch), kBottom + 20, "tick", "middle", std::to_string(batch));
    }
    out += text((panel.left + panel.right) / 2, kBottom + 42, "small", "middle",
                "pictures in a batch");
    for (std::size_t i = 0; i < series_.size(); ++i) out += curve(panel, i, y_of);
    return out;
  }

  std::string curve(const Panel& panel, std::size_t index,
                    const std::function<double(double)>& y_of) const {
    const std::vector<PlotPoint>& points = series_[index].points;
    std::string path, marks, labels;
    for (const PlotPoint& point : points) {
      const double x = x_of(panel, point.batch), y = y_of(panel.value(point));
      path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "M" : " L", x, y);
      marks += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="4" class="dot{}"/>)"
                           "\n",
                           x, y, index % kColours);
      // Figures of several curves would run into each other; then the ends must do.
      const bool is_last = &point == &points.back();
      if (series_.size() == 1 || is_last) {
        labels += value_text(panel, index, point, x, y);
      }
    }
    if (path.empty()) return "";
    return fmt::format(R"(<path d="{}" class="line line{}"/>)"
                       "\n",
                       path, index % kColours) +
           marks + labels;
  }

  /// A point's figure where curves leave room: both kinds of curve rise to the right, so above
  /// them it ends at the point, below them it begins there.
  std::string value_text(const Panel& panel, std::size_t index, const PlotPoint& point, double x,
                         double y) const {
    const std::string figure = number(panel.value(point));
    if (series_.size() > 1 && is_lower(panel, index, point)) {
      return text(x - 6, y + 20, "value", "start", figure);
    }
    const bool is_first = &point == &series_[index].points.front();
    return text(is_first ? x : x + 6, y - 10, "value", is_first ? "middle" : "end", figure);
  }

  /// Does another curve pass above this point?
  bool is_lower(const Panel& panel, std::size_t index, const PlotPoint& point) const {
    for (std::size_t i = 0; i < series_.size(); ++i) {
      for (const PlotPoint& other : series_[i].points) {
        if (i != index && other.batch == point.batch && panel.value(other) > panel.value(point)) {
          return true;
        }
      }
    }
    return false;
  }

  const Plot& plot_;
  std::vector<PlotSeries> series_;
  std::set<int> batches_;
};

}  // namespace

std::string plot_svg(const Plot& plot) { return Drawing(plot).svg(); }

}  // namespace fovea::pipeline
