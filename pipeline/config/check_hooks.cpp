// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "pipeline/config/check.hpp"
#include "pipeline/config/hook_address.hpp"

namespace fovea::pipeline {

void check_webhook(const WebhookConfig& hook, const Place& place, std::vector<Fault>& faults) {
  const char* const kWriteAnew =
      "such a file was written by fovea, which writes no secrets: "
      "put the address or token in its place";
  if (hook.url.ends_with(kHidden) || hook.token == kHidden) {
    faults.push_back({place, "the webhook's secret was taken out when it was printed", kWriteAnew});
  } else if (!hook.url.empty() && !is_hook_address(hook.url)) {
    faults.push_back({place, "the webhook's url is no http or https address",
                      "write it as https://HOST/PATH, what is special in a password as %XX"});
  }
  const bool one_word =
      std::ranges::all_of(hook.token, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!one_word) {
    faults.push_back({place, "the webhook's token holds spaces or letters outside ASCII",
                      "write the token alone, without 'Bearer' and without line ends"});
  }
}

}  // namespace fovea::pipeline
