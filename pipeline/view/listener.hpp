// SPDX-License-Identifier: Apache-2.0
#pragma once
// A listening TCP socket of our own, so that "the port is in use" can be said as such.

#include "pipeline/config/view_address.hpp"

namespace fovea::pipeline {

struct Listener {
  int socket = -1;      // the caller closes it, or hands it on
  ViewAddress address;  // with the real port
};

/// Throws ConfigError: the name is unknown, the port is in use, the port needs root.
Listener listen_on(const ViewAddress& address, int send_buffer_bytes);

}  // namespace fovea::pipeline
