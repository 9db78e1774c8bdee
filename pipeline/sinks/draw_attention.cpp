// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/draw_attention.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include "pipeline/sinks/colour_map.hpp"
#include "vision/draw.hpp"

namespace fovea::pipeline {
namespace {

constexpr float kCover = 0.6f;    // of the overlay's colour; the rest is the picture's
constexpr float kUnseen = 0.35f;  // how bright what was not seen stays
constexpr int kLeastHeat_px = 320, kMostHeat_px = 1024;
constexpr int kTile_px = 224, kLegend_px = 28, kMargin_px = 8;
constexpr double kLetters = 0.45;
const cv::Scalar kPaper(255, 255, 255), kInk(31, 35, 40);
const cv::Vec3b kNotSeen(128, 128, 128);

DrawnMap as_shares(cv::Mat values) {
  DrawnMap map;
  cv::max(values, 0, map.shares);
  cv::minMaxLoc(map.shares, nullptr, &map.most);
  if (map.most > 0) map.shares /= map.most;
  return map;
}

/// [rows, columns] CV_32F over the map's own memory.
cv::Mat head_of(const AttentionMap& map, int head) {
  const auto from = static_cast<std::size_t>(head) * static_cast<std::size_t>(map.grid.count());
  // cv::Mat has no form for what is only read.
  return {map.grid.rows, map.grid.columns, CV_32F, const_cast<float*>(&map.values[from])};
}

cv::Mat mean_of_heads(const AttentionMap& map) {
  cv::Mat sum = cv::Mat::zeros(map.grid.rows, map.grid.columns, CV_32F);
  for (int head = 0; head < map.heads; ++head) sum += head_of(map, head);
  return sum / map.heads;
}

/// Where a side's pixels lie among the patches along it.
struct Place {
  int before = 0, after = 0;  // patches whose middles are on either side
  float part = 0;             // of the way from one to the other
  int patch = -1;             // that it lies in; -1: in none
};

/// Of a copy of `copy` pixels of a side of `original`, of which `from` to `to` are covered.
std::vector<Place> places(int copy, int original, double from, double length, int patches) {
  std::vector<Place> all(static_cast<std::size_t>(copy));
  for (int i = 0; i < copy; ++i) {
    const double pixel = (i + 0.5) * original / copy;
    const double at = (pixel - from) / length * patches;
    Place& place = all[static_cast<std::size_t>(i)];
    if (at >= 0 && at < patches) place.patch = static_cast<int>(at);
    const double middle = std::clamp(at - 0.5, 0.0, static_cast<double>(patches - 1));
    place.before = static_cast<int>(middle);
    place.after = std::min(place.before + 1, patches - 1);
    place.part = static_cast<float>(middle - place.before);
  }
  return all;
}

/// Calls draw(pixel, row place, column place) for each pixel of `rgb`.
template <class Draw>
void each_pixel(cv::Mat& rgb, cv::Size grid, const cv::Rect2d& area, cv::Size original, Draw draw) {
  const auto columns = places(rgb.cols, original.width, area.x, area.width, grid.width);
  const auto rows = places(rgb.rows, original.height, area.y, area.height, grid.height);
  for (int y = 0; y < rgb.rows; ++y) {
    auto* pixel = rgb.ptr<cv::Vec3b>(y);
    const Place& row = rows[static_cast<std::size_t>(y)];
    for (const Place& column : columns) draw(*pixel++, row, column);
  }
}

const cv::Vec3b& colour_of_share(float share) {
  return colour_table()[static_cast<std::size_t>(std::clamp(share, 0.0f, 1.0f) * 255 + 0.5f)];
}

unsigned char mixed(float a, float b, float part) {
  return static_cast<unsigned char>(a + (b - a) * part + 0.5f);
}

void write(cv::Mat& rgb, const std::string& text, cv::Point at) {
  cv::putText(rgb, vision::to_ascii(text), at, cv::FONT_HERSHEY_SIMPLEX, kLetters, kInk, 1,
              cv::LINE_AA);
}

int width_of(const std::string& text) {
  int baseline = 0;
  return cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, kLetters, 1, &baseline).width;
}

cv::Size scaled(cv::Size size, double scale) {
  return {std::max(1, cvRound(size.width * scale)), std::max(1, cvRound(size.height * scale))};
}

/// "0 [scale] 0.083  what", in a strip of its own.
cv::Mat legend(int width, double most, const std::string& what) {
  cv::Mat strip(kLegend_px, width, CV_8UC3, kPaper);
  const std::string largest = fmt::format("{:.3g}", most);
  const int base = kLegend_px - 9;
  const int left = kMargin_px + width_of("0") + 6;
  const int bar = std::max(1, std::min(120, width / 4));
  write(strip, "0", {kMargin_px, base});
  for (int x = 0; x < bar && left + x < width; ++x) {
    strip(cv::Rect(left + x, 8, 1, kLegend_px - 16)).setTo(cv::Scalar(colour_at((x + 0.5) / bar)));
  }
  write(strip, largest, {left + bar + 6, base});
  const int text = left + bar + 6 + width_of(largest) + 16;
  if (text + width_of(what) + kMargin_px <= width) write(strip, what, {text, base});
  return strip;
}

}  // namespace

DrawnMap drawn(const AttentionMap& map) { return as_shares(mean_of_heads(map)); }

DrawnMap drawn(const AttentionMap& map, int head) { return as_shares(head_of(map, head)); }

DrawnMap drawn(const Attention& attention) {
  DrawnMap all = drawn(attention.maps.front());
  for (std::size_t i = 1; i < attention.maps.size(); ++i) {
    const DrawnMap next = drawn(attention.maps[i]);
    cv::max(all.shares, next.shares, all.shares);
    all.most = std::max(all.most, next.most);
  }
  return all;
}

void overlay_attention(cv::Mat& rgb, const DrawnMap& map, const cv::Rect2d& area,
                       cv::Size original) {
  each_pixel(rgb, map.shares.size(), area, original,
             [&](cv::Vec3b& pixel, const Place& row, const Place& column) {
               if (row.patch < 0 || column.patch < 0) {
                 const float grey = 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
                 pixel = cv::Vec3b::all(mixed(0, grey, kUnseen));
                 return;
               }
               const float* upper = map.shares.ptr<float>(row.before);
               const float* lower = map.shares.ptr<float>(row.after);
               const auto across = [&](const float* values) {
                 return values[column.before] +
                        (values[column.after] - values[column.before]) * column.part;
               };
               const float top = across(upper);
               const cv::Vec3b& colour = colour_of_share(top + (across(lower) - top) * row.part);
               for (int c = 0; c < 3; ++c) pixel[c] = mixed(pixel[c], colour[c], kCover);
             });
}

cv::Mat heat_picture(const DrawnMap& map, const cv::Rect2d& area, cv::Size original,
                     const std::string& what) {
  const double longest = std::max(original.width, original.height);
  const double wanted = std::clamp<double>(longest, kLeastHeat_px, kMostHeat_px);
  const cv::Size size = scaled(original, wanted / longest);
  const int width = std::max(size.width, kLeastHeat_px);  // so that the scale has room
  cv::Mat heat(size.height + kLegend_px, width, CV_8UC3, kPaper);
  cv::Mat picture = heat(cv::Rect({(width - size.width) / 2, 0}, size));
  each_pixel(picture, map.shares.size(), area, original,
             [&](cv::Vec3b& pixel, const Place& row, const Place& column) {
               const bool seen = row.patch >= 0 && column.patch >= 0;
               pixel =
                   seen ? colour_of_share(map.shares.at<float>(row.patch, column.patch)) : kNotSeen;
             });
  legend(width, map.most, what).copyTo(heat.rowRange(size.height, heat.rows));
  return heat;
}

cv::Mat sheet_of_heads(const AttentionMap& map, const cv::Rect2d& area, const cv::Mat& rgb,
                       cv::Size original, const std::string& what) {
  const double longest = std::max(rgb.cols, rgb.rows);
  cv::Mat small;
  cv::resize(rgb, small, scaled(rgb.size(), kTile_px / longest), 0, 0, cv::INTER_AREA);
  const int across = static_cast<int>(std::ceil(std::sqrt(map.heads)));
  const int down = (map.heads + across - 1) / across;
  const cv::Size cell(std::max(small.cols, kTile_px / 2) + kMargin_px, small.rows + kLegend_px);
  cv::Mat sheet(down * cell.height + kLegend_px + kMargin_px, across * cell.width + kMargin_px,
                CV_8UC3, kPaper);
  write(sheet, what, {kMargin_px, kLegend_px - 9});
  for (int head = 0; head < map.heads; ++head) {
    const DrawnMap one = drawn(map, head);
    const cv::Point at(kMargin_px + head % across * cell.width,
                       kLegend_px + head / across * cell.height);
    write(sheet, fmt::format("{}   max {:.2g}", head, one.most), {at.x, at.y + kLegend_px - 9});
    cv::Mat tile = small.clone();
    overlay_attention(tile, one, area, original);
    tile.copyTo(sheet(cv::Rect({at.x, at.y + kLegend_px}, tile.size())));
  }
  return sheet;
}

cv::Point2d peak_of(const AttentionMap& map, const cv::Rect2d& area) {
  cv::Point at;
  cv::minMaxLoc(mean_of_heads(map), nullptr, nullptr, nullptr, &at);
  return {area.x + (at.x + 0.5) * area.width / map.grid.columns,
          area.y + (at.y + 0.5) * area.height / map.grid.rows};
}

}  // namespace fovea::pipeline
