// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/view_address.hpp"

#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

TEST(ViewAddress, IsReadAndWritten) {
  for (const char* text : {"127.0.0.1:8080", "[::1]:80", "localhost:0", "cam-1.local:65535"}) {
    const auto address = parse_view_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
  }
  EXPECT_EQ(parse_view_address("[::1]:80")->host, "::1");
}

TEST(ViewAddress, RefusesWhatIsNone) {
  for (const char* text : {"", "8080", "127.0.0.1", ":8080", "127.0.0.1:", "127.0.0.1:x",
                           "127.0.0.1:-1", "127.0.0.1:65536", "::1:8080", "[::1]", "[nonsense]:1",
                           "http://127.0.0.1:8080", "a b:1", "127.0.0.1:80 ", "host/:1"}) {
    EXPECT_FALSE(parse_view_address(text)) << text;
  }
}

TEST(ViewAddress, KnowsWhatOnlyThisMachineReaches) {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.9.10", "::1", "0:0::1"}) {
    EXPECT_TRUE(is_loopback_host(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "192.168.1.5", "128.0.0.1", "localhost.example.org",
                           "127.0.0.1.example.org", "::ffff:10.0.0.1", ""}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

}  // namespace
}  // namespace fovea::pipeline
