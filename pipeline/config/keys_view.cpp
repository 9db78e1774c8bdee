// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/make_key.hpp"

namespace fovea::pipeline {
namespace {

/// Reads like any text; written without what it holds.
Key token_key() {
  Key token = key("token", ValueType::text, &ViewConfig::token,
                  "Who knows it may look; needed where other machines reach the page, as in "
                  "${FOVEA_TOKEN}");
  token.get = [](const void* target) -> Value {
    return std::string(static_cast<const ViewConfig*>(target)->token.empty() ? "" : "***");
  };
  return token;
}

}  // namespace

const Section& view_section() {
  static const Section section{
      "view",
      "A page to watch a live run by, with /metrics and /healthz; left out: none",
      "http",
      {key("http", ValueType::text, &ViewConfig::http,
           "Where it listens: HOST:PORT; port 0 takes any free one"),
       token_key(),
       key("hosts", ValueType::texts, &ViewConfig::hosts,
           "Further names that it is called by, as behind a proxy"),
       key("fps", ValueType::integer, &ViewConfig::fps,
           "Pictures a second and source, at most; more cost encoding and network",
           {.min = 1, .max = 60}),
       key("max_px", ValueType::integer, &ViewConfig::max_px,
           "Longest side of a picture as it is sent", {.min = 64, .max = 8192})}};
  return section;
}

}  // namespace fovea::pipeline
