// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/mask.hpp"

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "pipeline/config/config.hpp"
#include "pipeline/config/source_text.hpp"

namespace fovea::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Masked, UserAndPasswordGo) {
  EXPECT_EQ(masked("rtsp://viewer:secret@10.0.0.7:554/stream1"),
            "rtsp://***:***@10.0.0.7:554/stream1");
  EXPECT_EQ(masked("http://viewer@cam/video"), "http://***:***@cam/video");
  EXPECT_EQ(masked("rtsp://:secret@cam"), "rtsp://***:***@cam");
}

/// Passwords that hold what should have been escaped, or ends an address elsewhere.
const std::vector<std::string> kOddPasswords{
    "p@ss",   "p@@ss@",  "pa/ss",    "pa?ss#",    "pa:ss",
    ":",      "12/34",   "12?34",    "pa'ss",     "'pass'",
    "pa\"ss", "\"pass",  "pa\\\"ss", "pa''ss",    "p@'ss",
    "12'34",  "p`ss",    "pa<s>s",   "pa&ss=1",   "a://b",
    "a'://b", "a'c://b", "pass=a@b", "pa;s,s|{}", "\xc3\xa4\xe2\x82\xac",
    "%27ss",  "key=a/b", "${P}",     "p\\u0027"};

TEST(Masked, APasswordMayHoldWhatShouldHaveBeenEscaped) {
  for (const std::string& password : kOddPasswords) {
    const std::string address = "rtsp://viewer:" + password + "@cam/1";
    EXPECT_EQ(masked_address(address), "rtsp://***:***@cam/1") << password;
    EXPECT_EQ(masked(address), "rtsp://***:***@cam/1") << password;
    for (const char quote : {'\'', '"'}) {
      const std::string quoted = std::string(1, quote) + "rtsp://***:***@cam/1" + quote;
      EXPECT_EQ(masked(quote + address + quote), quoted) << password;
      EXPECT_EQ(masked("from " + (quote + address) + quote + ": broken"),
                "from " + quoted + ": broken")
          << password;
    }
  }
  EXPECT_EQ(masked_address("rtsp://vie'wer:pa ss@cam/1"), "rtsp://***:***@cam/1");
  EXPECT_EQ(masked("of rtsp://viewer:pa ss@cam/1 none"), "of rtsp://***:***@cam/1 none");
}

TEST(Masked, WhatIsCutOffInAPasswordIsHiddenToo) {
  EXPECT_EQ(masked("'rtsp://viewer:secre...'"), "'rtsp://***:***'");
  EXPECT_EQ(masked("rtsp://viewer:"), "rtsp://***:***");
  EXPECT_EQ(masked("http://[fe80::1]/1"), "http://[fe80::1]/1");
}

TEST(Masked, SecretsInAQueryGoAndTheRestStays) {
  EXPECT_EQ(masked("http://cam/v?size=3&user=viewer&PWD=secret&x=1#a"),
            "http://cam/v?size=3&user=***&PWD=***&x=1#a");
  EXPECT_EQ(masked("http://cam/v?access_token=abc;b=1"), "http://cam/v?access_token=***;b=1");
  EXPECT_EQ(masked("http://cam/v?pwd=p@ss/&x=1"), "http://cam/v?pwd=***&x=1");
  EXPECT_THAT(masked("http://cam/v?pwd=a:b@cd&x=1"), Not(HasSubstr("cd")));
}

TEST(Masked, SecretsInAPathGoToo) {
  EXPECT_EQ(masked("rtsp://cam:554/user=me_password=s_t_channel=1_stream=0.sdp?real"),
            "rtsp://cam:554/user=***_password=***_channel=1_stream=0.sdp?real");
  EXPECT_EQ(masked("http://cam/token=abc/live/1"), "http://cam/token=***/live/1");
}

TEST(Masked, EveryAddressInATextIsFound) {
  EXPECT_EQ(masked("from 'rtsp://a:b@c/1' to \"http://d:e@f/2\": broken"),
            "from 'rtsp://***:***@c/1' to \"http://***:***@f/2\": broken");
}

TEST(Masked, OtherTextStays) {
  for (const char* text :
       {"", "photos/a@b.jpg", "a: b@c", "http://cam/a@b?size=3", "http://cam:8080/1 of me@host",
        "http://cam:8080/v?size=3", "no '://' here", "rtsp://10.0.0.7/stream1",
        "see https://keepachangelog.com"}) {
    EXPECT_EQ(masked(text), text);
  }
}

TEST(Masked, TwiceIsOnce) {
  const std::string once = masked("rtsp://a:b@c/1?pass=x");
  EXPECT_EQ(masked(once), once);
  EXPECT_TRUE(is_masked(once));
  EXPECT_FALSE(is_masked("rtsp://a:b@c/1"));
}

TEST(Masked, AnAtSignBehindAPortIsTakenForAPasswords) {
  EXPECT_EQ(masked("http://cam:8080/a@b?size=3"), "http://***:***@b?size=3");
}

TEST(NamesSecret, ByTheLastNameOfAPath) {
  for (const char* path : {"token", "view.token", "sinks[1].webhook.url", "a.Password", "api_key"})
    EXPECT_TRUE(names_secret(path)) << path;
  for (const char* path : {"", "view.http", "token.x", "stages[0]", "source.rtsp"})
    EXPECT_FALSE(names_secret(path)) << path;
}

CheckedConfig check_view(const std::string& view, std::vector<std::string> sets = {}) {
  return check_config_text(
      "version: 1\nsource: {rtsp: rtsp://cam/1}\nview: " + view + "\nstages: [classify: m]\n",
      "job.yaml", sets, false);
}

TEST(Masked, AViewsTokenIsInNoConfigurationAndNoFault) {
  const std::string token = "hunter2-hunter2-hunter2";
  const CheckedConfig good = check_view("{token: " + token + "}");
  EXPECT_TRUE(good.faults.empty()) << to_string(good.faults);
  EXPECT_EQ(good.config.view->token, token);
  EXPECT_THAT(emit_yaml(good.config), HasSubstr("view: {token: \"***\"}"));
  const std::vector<CheckedConfig> faulty{
      check_view("{token: '${" + token + "'}"),      // no whole variable
      check_view("{token: '${" + token + "}'}"),     // no name of one
      check_view("{token: [" + token + "]}"),        // a list
      check_view("{token: \"" + token + "\\0\"}"),   // no text
      check_view("{token: hunter2}"),                // too short
      check_view("{tokem: " + token + "}"),          // no key
      check_view("{}", {"view.token=[" + token}),    // no YAML
      check_view("{}", {"view.token.x=" + token}),   // no path
      check_view("{http: 1, token: " + token + "}")  // something else is wrong
  };
  for (const CheckedConfig& checked : faulty) {
    const std::string faults = to_string(checked.faults);
    EXPECT_NE(faults, "");
    EXPECT_THAT(faults + emit_yaml(checked.config), Not(HasSubstr("hunter2")));
  }
  for (const std::string& set : {"view.token: " + token, "view.token:" + token}) {
    try {
      check_view("{}", {set});
      ADD_FAILURE() << set;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("'view.token' is not PATH=VALUE"),
                                               Not(HasSubstr("hunter2"))));
    }
  }
}

TEST(Masked, ALongAddressIsMaskedBeforeItIsCut) {
  const std::string secret(80, 's');
  const CheckedConfig checked =
      check_config_text("version: 1\nsource: {webcam: 0, width: 'rtsp://viewer:a b" + secret +
                            "@cam/1'}\nstages: [classify: m]\n",
                        "job.yaml", {}, false);
  EXPECT_THAT(to_string(checked.faults), HasSubstr("width is 'rtsp://***:***@cam/1'"));
}

TEST(Masked, EmittedYamlAndFaultsHoldNoPassword) {
  const CheckedConfig checked = check_config_text(
      "version: 1\nsource: {rtsp: 'rtsp://viewer:secret@cam/1', width: "
      "'http://viewer:secret@cam'}\n"
      "stages: [classify: m]\n",
      "job.yaml", {}, false);
  EXPECT_EQ(checked.config.sources.at(0).address, "rtsp://viewer:secret@cam/1");
  EXPECT_THAT(to_string(checked.faults), HasSubstr("***:***"));
  EXPECT_THAT(to_string(checked.faults), Not(HasSubstr("secret")));
  EXPECT_THAT(emit_yaml(checked.config), HasSubstr("rtsp://***:***@cam/1"));
  EXPECT_THAT(emit_yaml(checked.config), Not(HasSubstr("secret")));
}

TEST(SourceText, TheFormSaysWhatItIs) {
  EXPECT_EQ(source_key_of("-"), "stdin");
  EXPECT_EQ(source_key_of("@list.txt"), "list");
  EXPECT_EQ(source_key_of("@"), "path");
  EXPECT_EQ(source_key_of("rtsp://cam/1"), "rtsp");
  EXPECT_EQ(source_key_of("RTSPS://cam/1"), "rtsp");
  EXPECT_EQ(source_key_of("http://cam/v"), "mjpeg");
  EXPECT_EQ(source_key_of("https://cam/v"), "mjpeg");
  EXPECT_EQ(source_key_of("0"), "webcam");
  EXPECT_EQ(source_key_of("/dev/video2"), "webcam");
  EXPECT_EQ(source_key_of("2024"), "path");
  EXPECT_EQ(source_key_of("clips/Street.MP4"), "video");
  EXPECT_EQ(source_key_of("photo.jpg"), "path");
  EXPECT_EQ(source_key_of("photos"), "path");
}

}  // namespace
}  // namespace fovea::pipeline
