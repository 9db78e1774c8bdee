// SPDX-License-Identifier: Apache-2.0
#pragma once
// What keeps passwords out of everything that is printed, logged, written into results or
// served. In doubt more is taken out than would be needed: a host may go with a password.

#include <string>
#include <string_view>

namespace fovea::pipeline {

/// An address without its secrets: "rtsp://***:***@10.0.0.7/stream1",
/// "http://cam/video?user=***&pwd=***". All of the text is the address, whatever characters its
/// password holds. What is no address ("0", "/dev/video0") stays as it is.
std::string masked_address(std::string_view address);

/// `text` with every address in it stripped of its secrets. Where each of them ends has to be
/// guessed: a password may hold quotes and other ends of words.
std::string masked(std::string_view text);

/// Does the text hold an address that went through one of these? It would open nothing.
bool is_masked(std::string_view text);

/// Is what this name or path of a key ("view.token") stands for nobody's business?
bool names_secret(std::string_view path);

}  // namespace fovea::pipeline
