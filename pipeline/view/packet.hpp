// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the page is told, as bytes. A packet is two lengths (32 bits, big-endian), JSON, and a
// JPEG or nothing: the picture and what was found in it travel together, so that boxes always
// lie on the picture that they were found in.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "pipeline/frame.hpp"
#include "pipeline/live/status.hpp"
#include "pipeline/view/health.hpp"
#include "pipeline/view/scene.hpp"

namespace fovea::pipeline {

std::string make_packet(std::string_view json, std::string_view jpeg = {});

/// `rgb` with its longest side at most `max_px`, and over it what was attended to in a picture of
/// `original` size. Leaves `rgb` as it is.
cv::Mat picture_to_send(const cv::Mat& rgb, int max_px,
                        const std::optional<Attention>& attention = {}, cv::Size original = {});
/// As a JPEG.
std::string encode_picture(const cv::Mat& rgb);

/// {"kind":"frame","source":...,"record":...}; `record` is one line of results.jsonl. A watched
/// folder's records name their pictures: which source they are of is said besides.
std::string frame_json(const std::string& source, std::string_view record);
/// {"kind":"hello","scene":{"zones":[...],"lines":[...]}}
std::string hello_json(const Scene& scene);
/// {"kind":"events","events":[...]}; each entry as event_json() makes it.
std::string events_json(const std::vector<std::string>& events);
/// `number` counts a run's events: a page that was told twice knows.
std::string event_json(const Event& event, const std::string& source, const FrameTag& tag,
                       std::uint64_t number);
/// {"kind":"status",...}; also what /status.json answers.
std::string status_json(const LiveStatus& status, const std::vector<Complaint>& complaints);
/// {"status":"ok"} or {"status":"failing","reasons":[...]}; without reasons where not `in_full`.
std::string health_json(const std::vector<Complaint>& complaints, bool in_full);

}  // namespace fovea::pipeline
