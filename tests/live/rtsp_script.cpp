// SPDX-License-Identifier: Apache-2.0
#include "tests/live/rtsp_script.hpp"

#include <stdexcept>
#include <vector>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>

namespace fovea::testing_support {

namespace {

constexpr int kWidth = 64, kHeight = 48;
constexpr std::uint32_t kTicks = 3600;  // of RTP's clock of 90 kHz, between two pictures

/// The `bytes` lowest bytes of `value`, the highest of them first.
std::string big_endian(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

/// What RTP takes of a JPEG: its quantization tables, and the coded picture.
struct Scan {
  std::string tables, data;
};

Scan scan_of(const std::vector<unsigned char>& jpeg) {
  Scan scan;
  for (std::size_t at = 2; at + 4 <= jpeg.size();) {
    const int marker = jpeg[at + 1];
    const std::size_t length = jpeg[at + 2] * 256u + jpeg[at + 3];
    if (marker == 0xdb) {
      // Each table of a segment is 64 bytes behind one that numbers it.
      for (std::size_t table = at + 4; table + 65 <= at + 2 + length; table += 65) {
        scan.tables.append(jpeg.begin() + static_cast<std::ptrdiff_t>(table + 1),
                           jpeg.begin() + static_cast<std::ptrdiff_t>(table + 65));
      }
    }
    at += 2 + length;
    if (marker != 0xda) continue;
    scan.data.assign(jpeg.begin() + static_cast<std::ptrdiff_t>(at), jpeg.end() - 2);
    return scan;
  }
  throw std::runtime_error("no JPEG");
}

std::string number_of(const std::string& request) {
  const std::size_t at = request.find("CSeq:");
  return at == std::string::npos ? "0" : request.substr(at + 5, request.find('\r', at) - at - 5);
}

}  // namespace

std::string rtsp_url(const MjpegServer& server) {
  return fmt::format("rtsp://127.0.0.1:{}/stream", server.port());
}

std::string rtsp_answer(const std::string& request, const std::string& headers,
                        const std::string& body) {
  const std::string length = body.empty() ? "" : fmt::format("Content-Length: {}\r\n", body.size());
  return fmt::format("RTSP/1.0 200 OK\r\nCSeq: {}\r\n{}{}\r\n{}", number_of(request), headers,
                     length, body);
}

std::string rtsp_description() {
  return "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
         "m=video 0 RTP/AVP 26\r\na=control:track\r\n";
}

bool rtsp_shake_hands(const MjpegServer::Viewer& viewer) {
  for (std::string request = viewer.request(); !request.empty(); request = viewer.next_request()) {
    if (request.starts_with("OPTIONS")) {
      viewer.send(rtsp_answer(request, "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"));
    } else if (request.starts_with("DESCRIBE")) {
      viewer.send(rtsp_answer(request, "Content-Type: application/sdp\r\n", rtsp_description()));
    } else if (request.starts_with("SETUP")) {
      viewer.send(rtsp_answer(request,
                              "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved="
                              "0-1\r\n"));
    } else {
      return viewer.send(rtsp_answer(request, "Session: 1\r\n")) && request.starts_with("PLAY");
    }
  }
  return false;
}

std::string interleaved(const std::string& packet, int channel) {
  return "$" + big_endian(static_cast<std::uint32_t>(channel), 1) +
         big_endian(static_cast<std::uint32_t>(packet.size()), 2) + packet;
}

std::string rtp_jpeg(int grey, std::uint16_t number) {
  std::vector<unsigned char> jpeg;
  cv::imencode(".jpg", cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar::all(grey)), jpeg);
  const Scan scan = scan_of(jpeg);
  // The last packet of its picture, of the static type 26; any sender.
  const std::string rtp =
      "\x80\x9a" + big_endian(number, 2) + big_endian(number * kTicks, 4) + big_endian(1, 4);
  // From the picture's beginning, 4:2:0, tables of its own, sizes in blocks of eight.
  const std::string head = big_endian(0, 4) + big_endian(1, 1) + big_endian(255, 1) +
                           big_endian(kWidth / 8, 1) + big_endian(kHeight / 8, 1);
  const std::string tables = big_endian(0, 2) +
                             big_endian(static_cast<std::uint32_t>(scan.tables.size()), 2) +
                             scan.tables;
  return rtp + head + tables + scan.data;
}

}  // namespace fovea::testing_support
