// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/camera_trouble.hpp"

#include <fmt/format.h>

namespace fovea::pipeline {

std::string refusal_text(int status) {
  switch (status) {
    case 401:
      return "the user name or the password is wrong, or none was given (401)";
    case 403:
      return "this user may not see the stream (403)";
    case 404:
      return "the server has no stream of that name (404)";
    case 500:
      return "the server is in trouble, or serves too many viewers already (500 to 599)";
    case 503:
      return "the server is busy: it may serve too many viewers already (503)";
    default:
      return fmt::format("the server refuses with status {}", status);
  }
}

}  // namespace fovea::pipeline
