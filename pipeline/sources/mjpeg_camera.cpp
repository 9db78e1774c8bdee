// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/mjpeg_camera.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "pipeline/hub/http_stream.hpp"
#include "pipeline/sources/camera_trouble.hpp"
#include "pipeline/sources/multipart.hpp"

namespace fovea::pipeline {

namespace {

class MjpegCamera : public Camera {
 public:
  MjpegCamera(std::unique_ptr<HttpStream> stream, const std::string& boundary,
              const MjpegOptions& options, const Cancel& cancel)
      : stream_(std::move(stream)),
        parts_(boundary, options.max_bytes),
        prints_(options.prints),
        cancel_(cancel) {}

  std::string mode() const override { return "MJPEG over HTTP"; }

  std::optional<Shot> read() override {
    while (!cancel_.load()) {
      if (auto part = parts_.next()) return to_shot(std::move(*part));
      const std::string_view bytes = stream_->read();
      if (bytes.empty() && !cancel_.load()) {
        const std::string& failure = stream_->response().failure;
        throw CameraError(failure.empty() ? "the server ended the stream" : failure);
      }
      parts_.feed(bytes);
    }
    return std::nullopt;
  }

 private:
  Shot to_shot(MultipartReader::Part part) const {
    if (auto* reason = std::get_if<std::string>(&part)) return shot_now(Spoilt{std::move(*reason)});
    auto& jpeg = std::get<MultipartReader::Jpeg>(part);
    const std::uint64_t print = prints_ ? picture_print(jpeg.data(), jpeg.size()) : 0;
    Shot shot = shot_now(Packet{{}, {}, std::move(jpeg)});
    shot.print = print;
    return shot;
  }

  std::unique_ptr<HttpStream> stream_;
  MultipartReader parts_;
  bool prints_;
  const Cancel& cancel_;
};

}  // namespace

std::unique_ptr<Camera> open_mjpeg(const MjpegOptions& options, const Cancel& cancel) {
  auto stream = std::make_unique<HttpStream>(options.url, options.open_timeout, cancel);
  const HttpResponse& answer = stream->response();
  if (answer.status == 0) throw CameraError(answer.failure);
  if (answer.status != 200) throw CameraError(refusal_text(answer.status));
  const std::string type = answer.header("content-type");
  const std::string boundary = multipart_boundary(type);
  if (boundary.empty()) {
    throw CameraError(fmt::format("the address is no MJPEG stream: it sends {}",
                                  type.empty() ? "something without a type" : type));
  }
  return std::make_unique<MjpegCamera>(std::move(stream), boundary, options, cancel);
}

}  // namespace fovea::pipeline
