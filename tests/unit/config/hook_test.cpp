// SPDX-License-Identifier: Apache-2.0
// A webhook's address and token are read, and shown nowhere.
#include <string>

#include <gmock/gmock.h>

#include "pipeline/config/config.hpp"
#include "pipeline/config/hook_address.hpp"

namespace fovea::pipeline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(HookAddress, ShowsTheHostAndNoMore) {
  EXPECT_EQ(shown_address("https://hooks.example.org/T0/B1/s3cret"),
            "https://hooks.example.org/***");
  EXPECT_EQ(shown_address("http://me:pa55@10.0.0.7:8080/"), "http://10.0.0.7:8080/***");
  EXPECT_EQ(shown_address("http://me:p@55@[fe80::1]:80"), "http://[fe80::1]:80/***");
  EXPECT_EQ(shown_address("https://example.org?key=s3cret"), "https://example.org/***");
  EXPECT_EQ(shown_address("https://example.org#s3cret"), "https://example.org/***");
  EXPECT_EQ(shown_address("https://example.org/@s3cret/x@y"), "https://example.org/***");
  EXPECT_EQ(shown_address("http://127.0.0.1:81"), "http://127.0.0.1:81");
  EXPECT_EQ(shown_address("http://127.0.0.1:81/"), "http://127.0.0.1:81/");
  EXPECT_EQ(shown_address("https://me:pa/55@example.org/x"), "***") << "the port is no number";
  EXPECT_EQ(shown_address("https://me:12/34@example.org/x"), "***") << "the port may be none";
  EXPECT_EQ(shown_address("https://me:pa'\"55@example.org/x"), "https://example.org/***");
}

TEST(HookAddress, KnowsWhatIsNone) {
  for (const char* url : {"", "example.org", "ftp://example.org", "http://", "https:///path",
                          "http://a b/", "http://:80", "http://a:", "http://a:123456",
                          "http://[::1", "http://[]:1", "HTTP//x", "http://a\nb"}) {
    EXPECT_FALSE(is_hook_address(url)) << url;
    EXPECT_EQ(shown_address(url), "***") << url;
  }
}

std::string with_hook(const std::string& hook) {
  return "version: 1\nsource: a\nstages:\n  - detect: {model: m}\n  - track\n"
         "  - zones: {lines: [{name: door, from: [0, 1], to: [1, 1]}]}\n"
         "sinks:\n  - webhook: " +
         hook + "\n  - events: {path: e.jsonl, on: line_cross}\n";
}

TEST(Webhook, IsReadWholeAndWrittenWithoutItsSecrets) {
  const CheckedConfig checked = check_config_text(
      with_hook(
          "{url: \"http://me:pa55@host/p4th?q=qu3ry\", token: t0ken, on: [dwell], retries: 2}"),
      "job.yaml", {}, false);
  EXPECT_EQ(to_string(checked.faults), "");
  const auto& hook = std::get<WebhookConfig>(checked.config.sinks.at(0).kind);
  EXPECT_EQ(hook.url, "http://me:pa55@host/p4th?q=qu3ry");
  EXPECT_EQ(hook.token, "t0ken");
  EXPECT_EQ(hook.on, std::vector<std::string>{"dwell"});
  const std::string yaml = emit_yaml(checked.config);
  EXPECT_THAT(yaml,
              HasSubstr("  - webhook: {url: \"http://host/***\", token: \"***\", on: [dwell], "
                        "retries: 2}\n"));
  for (const char* secret : {"pa55", "p4th", "qu3ry", "t0ken"}) {
    EXPECT_THAT(yaml, Not(HasSubstr(secret)));
  }
  EXPECT_THAT(to_string(check_config_text(yaml, "again.yaml", {}, false).faults),
              HasSubstr("the webhook's secret was taken out when it was printed"))
      << "such a file would tell nobody";
}

TEST(Webhook, WithoutSecretsItRoundTrips) {
  const RunConfig config =
      check_config_text(with_hook("\"http://127.0.0.1:8123\""), "job.yaml", {}, false).config;
  const std::string yaml = emit_yaml(config);
  const CheckedConfig again = check_config_text(yaml, "emitted", {}, false);
  EXPECT_EQ(to_string(again.faults), "");
  EXPECT_EQ(std::get<WebhookConfig>(again.config.sinks.at(0).kind).url, "http://127.0.0.1:8123");
  EXPECT_EQ(emit_yaml(again.config), yaml);
}

TEST(Webhook, NoFaultRepeatsASecret) {
  for (const char* hook : {"{url: \"s3cret.example.org\"}", "{url: \"http://u:s3/cret@h/\"}",
                           "{url: \"http://h/\", token: \"Bearer s3cret\"}", "[s3cret]"}) {
    const std::string faults =
        to_string(check_config_text(with_hook(hook), "job.yaml", {}, false).faults);
    EXPECT_THAT(faults, testing::ContainsRegex("job.yaml:8:[0-9]+ sinks.0..webhook"));
    EXPECT_THAT(faults, Not(HasSubstr("s3cret")));
    EXPECT_THAT(faults, Not(HasSubstr("cret@")));
  }
}

TEST(Webhook, IsNoFileThatWouldBeWritten) {
  const CheckedConfig checked = check_config_text(with_hook("\"http://127.0.0.1/x\""), "job.yaml");
  EXPECT_THAT(to_string(checked.faults), Not(HasSubstr("webhook")));
}

}  // namespace
}  // namespace fovea::pipeline
