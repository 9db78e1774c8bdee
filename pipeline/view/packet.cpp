// SPDX-License-Identifier: Apache-2.0
#include "pipeline/view/packet.hpp"

#include <algorithm>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "pipeline/sinks/draw_attention.hpp"
#include "pipeline/sinks/json.hpp"
#include "pipeline/sinks/live_json.hpp"

namespace fovea::pipeline {
namespace {

constexpr int kJpegQuality = 80;

void append_length(std::string& packet, std::size_t length) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    packet += static_cast<char>((length >> shift) & 0xff);
  }
}

Json complaints_json(const std::vector<Complaint>& complaints) {
  Json list = Json::array();
  for (const Complaint& complaint : complaints) {
    Json entry = {{"what", complaint.what}};
    if (!complaint.source.empty()) entry["source"] = complaint.source;
    if (!complaint.reason.empty()) entry["reason"] = complaint.reason;
    list.push_back(std::move(entry));
  }
  return list;
}

Json point_json(const ScenePoint& point) { return Json::array({point.x, point.y}); }

}  // namespace

std::string make_packet(std::string_view json, std::string_view jpeg) {
  std::string packet;
  packet.reserve(8 + json.size() + jpeg.size());
  append_length(packet, json.size());
  append_length(packet, jpeg.size());
  packet += json;
  packet += jpeg;
  return packet;
}

cv::Mat picture_to_send(const cv::Mat& rgb, int max_px, const std::optional<Attention>& attention,
                        cv::Size original) {
  cv::Mat sent = rgb;
  const int longest = std::max(rgb.cols, rgb.rows);
  if (longest > max_px) {
    const double scale = static_cast<double>(max_px) / longest;
    const cv::Size size(std::max(1, cvRound(rgb.cols * scale)),
                        std::max(1, cvRound(rgb.rows * scale)));
    cv::resize(rgb, sent, size, 0, 0, cv::INTER_AREA);
  }
  if (attention && !attention->maps.empty()) {
    if (sent.data == rgb.data) sent = rgb.clone();
    overlay_attention(sent, drawn(*attention), attention->area, original);
  }
  return sent;
}

std::string encode_picture(const cv::Mat& rgb) {
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  std::vector<unsigned char> jpeg;
  cv::imencode(".jpg", bgr, jpeg, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality});
  return {jpeg.begin(), jpeg.end()};
}

std::string frame_json(const std::string& source, std::string_view record) {
  return R"({"kind":"frame","source":)" + to_line(source) + R"(,"record":)" + std::string(record) +
         "}";
}

std::string hello_json(const Scene& scene) {
  Json zones = Json::array(), lines = Json::array();
  for (const SceneShape& shape : scene.shapes) {
    Json entry = {{"name", shape.name}};
    if (!shape.source.empty()) entry["source"] = shape.source;
    if (shape.pixels) entry["pixels"] = true;
    if (shape.points.size() == 2) {
      entry["from"] = point_json(shape.points[0]);
      entry["to"] = point_json(shape.points[1]);
      lines.push_back(std::move(entry));
    } else {
      Json& polygon = entry["polygon"] = Json::array();
      for (const ScenePoint& point : shape.points) polygon.push_back(point_json(point));
      zones.push_back(std::move(entry));
    }
  }
  return to_line({{"kind", "hello"}, {"scene", {{"zones", zones}, {"lines", lines}}}});
}

std::string events_json(const std::vector<std::string>& events) {
  std::string list;
  for (const std::string& event : events) list += (list.empty() ? "" : ",") + event;
  return R"({"kind":"events","events":[)" + list + "]}";
}

std::string event_json(const Event& event, const std::string& source, const FrameTag& tag,
                       std::uint64_t number) {
  const auto when = tag.captured.value_or(std::chrono::system_clock::now());
  Json json = {
      {"number", number},
      {"t_ms",
       std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count()},
      {"source", source},
      {"event", event.kind},
      {"where", event.where}};
  if (!event.direction.empty()) json["direction"] = event.direction;
  if (event.track) json["track"] = *event.track;
  if (!event.object.empty()) json["object"] = event.object;
  if (event.seconds > 0) json["seconds"] = rounded(event.seconds, 1);
  if (event.count > 0) json["count"] = event.count;
  if (event.kind.starts_with("quality_")) json["value"] = rounded(event.value, 2);
  return to_line(json);
}

std::string status_json(const LiveStatus& status, const std::vector<Complaint>& complaints) {
  Json sources = sources_json(status);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto& age = status.sources[i].age;
    sources[i]["newest_ms"] = age ? Json(age->count()) : Json();
  }
  return to_line({{"kind", "status"},
                  {"model", status.model},
                  {"device", status.device},
                  {"device_lost", status.device_lost},
                  {"uptime_s", rounded(status.uptime_s, 1)},
                  {"degraded", degraded_json(status)},
                  {"complaints", complaints_json(complaints)},
                  {"sources", std::move(sources)}});
}

std::string health_json(const std::vector<Complaint>& complaints, bool in_full) {
  Json json = {{"status", complaints.empty() ? "ok" : "failing"}};
  if (in_full && !complaints.empty()) json["reasons"] = complaints_json(complaints);
  return to_line(json) + "\n";
}

}  // namespace fovea::pipeline
