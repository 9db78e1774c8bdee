// SPDX-License-Identifier: Apache-2.0
#include "vision/draw.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include "vision/crop.hpp"

namespace fovea::vision {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kCapital = 21;  // pixels of a capital letter at scale 1
constexpr int kSmallestLetter = 8;
const cv::Scalar kDark(16, 18, 24), kBright(255, 255, 255);
const cv::Scalar kAreaColour(255, 214, 10);

/// Letters of one picture: how large, how thick, how far from the tag's edge.
struct Lettering {
  double scale = 1;
  int thickness = 1, height = 0, margin = 0;

  explicit Lettering(cv::Size picture) {
    height = std::max(kSmallestLetter, std::min(picture.width, picture.height) / 36);
    scale = height / kCapital;
    thickness = std::max(1, static_cast<int>(std::lround(height / 9.0)));
    margin = std::max(2, height / 3);
  }
  cv::Size tag(const std::string& text) const {
    int baseline = 0;
    const cv::Size size = cv::getTextSize(text, kFont, scale, thickness, &baseline);
    return {size.width + 2 * margin, height + 2 * margin};
  }
};

double luminance(const cv::Scalar& rgb) { return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]; }

void draw_tag(cv::Mat& rgb, const cv::Rect& tag, const std::string& text, const cv::Scalar& colour,
              const Lettering& letters) {
  cv::rectangle(rgb, tag, colour, cv::FILLED);
  cv::putText(rgb, text, {tag.x + letters.margin, tag.br().y - letters.margin}, kFont,
              letters.scale, luminance(colour) > 140 ? kDark : kBright, letters.thickness,
              cv::LINE_AA);
}

/// A frame of `width` pixels inside the edge of `outer`.
void draw_frame(cv::Mat& rgb, const cv::Rect& outer, int width, const cv::Scalar& colour) {
  const int across = std::min(width, outer.width), down = std::min(width, outer.height);
  const cv::Rect sides[] = {{outer.x, outer.y, outer.width, down},
                            {outer.x, outer.br().y - down, outer.width, down},
                            {outer.x, outer.y, across, outer.height},
                            {outer.br().x - across, outer.y, across, outer.height}};
  for (const cv::Rect& side : sides) {
    const cv::Rect inside = side & cv::Rect({}, rgb.size());
    if (!inside.empty()) rgb(inside).setTo(colour);
  }
}

cv::Rect grown(const cv::Rect& rect, int by) {
  return {rect.x - by, rect.y - by, rect.width + 2 * by, rect.height + 2 * by};
}

void draw_box(cv::Mat& rgb, const cv::Rect& box, const cv::Scalar& colour, int width) {
  const int edge = std::max(1, width / 2);
  draw_frame(rgb, grown(box, edge), edge, kDark);
  draw_frame(rgb, box, width, colour);
  if (std::min(box.width, box.height) > 4 * width) {
    draw_frame(rgb, grown(box, -width), edge, kDark);
  }
}

/// Where a tag may stand: above the box, inside at its top, below it, inside at its bottom. The
/// first place that is in the picture and free; where none is, the first in the picture.
cv::Rect place_tag(cv::Size tag, const cv::Rect& box, cv::Size picture,
                   const std::vector<cv::Rect>& taken) {
  const cv::Rect whole({}, picture);
  const int x = std::clamp(box.x, 0, picture.width - tag.width);
  std::optional<cv::Rect> first;
  for (const int y : {box.y - tag.height, box.y, box.br().y, box.br().y - tag.height}) {
    const cv::Rect place({x, y}, tag);
    if ((place & whole) != place) continue;
    if (!first) first = place;
    const bool free = std::none_of(taken.begin(), taken.end(),
                                   [&](const cv::Rect& other) { return !(other & place).empty(); });
    if (free) return place;
  }
  return first.value_or(cv::Rect({x, std::clamp(box.y, 0, picture.height - tag.height)}, tag));
}

struct PlacedTag {
  cv::Rect place;
  std::string text;
  cv::Scalar colour;
};

/// The longest text of the object that fits into the picture, or nothing.
std::optional<std::string> fitting_text(const Object& object, const Lettering& letters,
                                        cv::Size picture) {
  for (const std::string& text : {tag_of(object), to_ascii(object.name)}) {
    const cv::Size tag = letters.tag(text);
    if (tag.width <= picture.width && 2 * tag.height <= picture.height) return text;
  }
  return std::nullopt;
}

}  // namespace

cv::Scalar colour_of(int id) {
  static const std::array<cv::Scalar, 12> kColours{{{255, 92, 77},
                                                    {64, 196, 255},
                                                    {255, 202, 58},
                                                    {120, 220, 100},
                                                    {214, 120, 255},
                                                    {255, 150, 60},
                                                    {60, 222, 190},
                                                    {255, 118, 176},
                                                    {150, 160, 255},
                                                    {190, 214, 70},
                                                    {226, 176, 140},
                                                    {180, 196, 208}}};
  const int count = static_cast<int>(kColours.size());
  return kColours[static_cast<std::size_t>((id % count + count) % count)];
}

int line_width(cv::Size picture) {
  return std::max(1,
                  static_cast<int>(std::lround(std::min(picture.width, picture.height) / 240.0)));
}

std::string to_ascii(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += byte >= 0x20 && byte < 0x7F ? c : '?';
    } else if ((byte & 0xC0) == 0xC0) {
      out += '?';
    }
  }
  return out;
}

std::string tag_of(const Object& object) {
  std::string text = to_ascii(object.name);
  if (!object.labels.empty()) text += ": " + to_ascii(object.labels.front().name);
  if (object.track) text += fmt::format(" #{}", *object.track);
  return text + fmt::format(" {:.0f} %", 100 * static_cast<double>(object.score));
}

void draw_objects(cv::Mat& rgb, std::span<const Object> objects, cv::Size original) {
  const cv::Size picture = rgb.size();
  const int width = line_width(picture);
  const Lettering letters(picture);
  // Better objects lie on top: of boxes the last drawn, of tags the first placed.
  for (auto object = objects.rbegin(); object != objects.rend(); ++object) {
    draw_box(rgb, pixels_of(object->box, original, picture), colour_of(object->id), width);
  }
  std::vector<PlacedTag> tags;
  std::vector<cv::Rect> taken;
  for (const Object& object : objects) {
    const std::optional<std::string> text = fitting_text(object, letters, picture);
    if (!text) continue;
    const cv::Rect place =
        place_tag(letters.tag(*text), pixels_of(object.box, original, picture), picture, taken);
    taken.push_back(place);
    tags.push_back({place, *text, colour_of(object.id)});
  }
  for (auto tag = tags.rbegin(); tag != tags.rend(); ++tag) {
    draw_tag(rgb, tag->place, tag->text, tag->colour, letters);
  }
}

void draw_area(cv::Mat& rgb, std::span<const cv::Point2f> corners, bool closed,
               std::string_view name) {
  if (corners.empty()) return;
  std::vector<cv::Point> points;
  for (const cv::Point2f& corner : corners) {
    points.emplace_back(cvRound(corner.x), cvRound(corner.y));
  }
  const int width = line_width(rgb.size());
  cv::polylines(rgb, points, closed, kDark, width + 2 * std::max(1, width / 2), cv::LINE_AA);
  cv::polylines(rgb, points, closed, kAreaColour, width, cv::LINE_AA);
  const Lettering letters(rgb.size());
  const std::string text = to_ascii(name);
  const cv::Size tag = letters.tag(text);
  if (text.empty() || tag.width > rgb.cols || tag.height > rgb.rows) return;
  const cv::Rect place(std::clamp(points[0].x, 0, rgb.cols - tag.width),
                       std::clamp(points[0].y, 0, rgb.rows - tag.height), tag.width, tag.height);
  draw_tag(rgb, place, text, kAreaColour, letters);
}

}  // namespace fovea::vision
