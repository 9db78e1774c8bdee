// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an RTSP server says, piece by piece, over the connections of MjpegServer: so that a test
// can put anything between.

#include <cstdint>
#include <string>

#include "tests/live/mjpeg_server.hpp"

namespace fovea::testing_support {

/// "rtsp://127.0.0.1:<port>/stream"
std::string rtsp_url(const MjpegServer& server);

/// An answer to `request`, with its number. `headers` end with "\r\n" each.
std::string rtsp_answer(const std::string& request, const std::string& headers = {},
                        const std::string& body = {});
/// Of one video stream of JPEGs.
std::string rtsp_description();

/// Answers all requests up to and with PLAY, the first of which the server has read: from here on
/// the viewer expects pictures on this connection. False when it has gone.
bool rtsp_shake_hands(const MjpegServer::Viewer& viewer);

/// `packet` as it travels between the requests of a connection (RFC 2326, 10.12). Requires: at
/// most 65,535 bytes.
std::string interleaved(const std::string& packet, int channel = 0);
/// A picture in one grey, 64x48, as one RTP packet (RFC 2435).
std::string rtp_jpeg(int grey, std::uint16_t number);

}  // namespace fovea::testing_support
