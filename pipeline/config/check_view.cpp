// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/check.hpp"
#include "pipeline/config/view_address.hpp"

namespace fovea::pipeline {

void check_view(const RunConfig& config, std::vector<Fault>& faults) {
  if (!config.view) return;
  const ViewConfig& view = *config.view;
  const auto fault = [&](std::string what, std::string fix) {
    faults.push_back({view.place, std::move(what), std::move(fix)});
  };
  if (!config.sources.empty() && !is_live(config)) {
    fault("the page is for streams, and there is none",
          "remove it; of pictures, the sink html makes a page");
  }
  const std::optional<ViewAddress> address = parse_view_address(view.http);
  if (!address) {
    fault("'" + view.http + "' is no HOST:PORT", "write it as in 127.0.0.1:8080");
  } else if (!address->is_loopback() && view.token.empty()) {
    fault("other machines reach the page at " + address->text() + ", and it asks for no token",
          "add token: ${FOVEA_TOKEN}, or listen on 127.0.0.1:" + std::to_string(address->port));
  }
  if (view.token == "***") {
    fault("the token was taken out when it was printed", "write it as in token: ${FOVEA_TOKEN}");
  } else if (!view.token.empty() && view.token.size() < kShortestToken) {
    fault("the token is shorter than " + std::to_string(kShortestToken) + " characters",
          "make one by: openssl rand -hex 16");
  }
}

}  // namespace fovea::pipeline
