// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/mask.hpp"

#include <gmock/gmock.h>

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

TEST(Masked, APasswordMayHoldWhatShouldHaveBeenEscaped) {
  EXPECT_EQ(masked("rtsp://viewer:p@ss@cam/1"), "rtsp://***:***@cam/1");
  EXPECT_EQ(masked("rtsp://viewer:pa/ss@cam/1"), "rtsp://***:***@cam/1");
  EXPECT_EQ(masked("rtsp://viewer:pa?ss#@cam/1"), "rtsp://***:***@cam/1");
}

TEST(Masked, SecretsInAQueryGoAndTheRestStays) {
  EXPECT_EQ(masked("http://cam/v?size=3&user=viewer&PWD=secret&x=1#a"),
            "http://cam/v?size=3&user=***&PWD=***&x=1#a");
  EXPECT_EQ(masked("http://cam/v?access_token=abc;b=1"), "http://cam/v?access_token=***;b=1");
}

TEST(Masked, EveryAddressInATextIsFound) {
  EXPECT_EQ(masked("from 'rtsp://a:b@c/1' to \"http://d:e@f/2\": broken"),
            "from 'rtsp://***:***@c/1' to \"http://***:***@f/2\": broken");
}

TEST(Masked, OtherTextStays) {
  for (const char* text : {"", "photos/a@b.jpg", "a: b@c", "http://cam:8080/a@b?size=3",
                           "rtsp://10.0.0.7/stream1", "see https://keepachangelog.com"}) {
    EXPECT_EQ(masked(text), text);
  }
}

TEST(Masked, TwiceIsOnce) {
  const std::string once = masked("rtsp://a:b@c/1?pass=x");
  EXPECT_EQ(masked(once), once);
  EXPECT_TRUE(is_masked(once));
  EXPECT_FALSE(is_masked("rtsp://a:b@c/1"));
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
