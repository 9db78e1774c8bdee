// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pipeline/hub/git_blob.hpp"
#include "pipeline/hub/http_client.hpp"

namespace fovea::pipeline {
namespace {

TEST(Url, SplitsAndResolves) {
  EXPECT_EQ(split_url("https://Example.org/a?b").origin, "https://example.org:443");
  EXPECT_TRUE(split_url("https://example.org").secure);
  EXPECT_EQ(split_url("http://127.0.0.1:8080/x").origin, "http://127.0.0.1:8080");
  EXPECT_EQ(split_url("file:///etc/passwd").origin, "");
  EXPECT_EQ(split_url("").origin, "");
  EXPECT_EQ(resolve_url("http://a:1/b/c", "/d?e=f"), "http://a:1/d?e=f");
  EXPECT_EQ(resolve_url("http://a:1/b/c", "https://other/x"), "https://other/x");
  EXPECT_EQ(resolve_url("https://a/b", "//evil.example/x"), "https://evil.example/x");
  EXPECT_EQ(resolve_url("http://a/b", "gopher://x/"), "");
}

TEST(Url, PrintsNoSecrets) {
  EXPECT_EQ(printable_url("https://me:secret@example.org/a?signature=secret#secret"),
            "https://example.org/a");
  EXPECT_EQ(printable_url("nonsense://secret"), "(not a URL)");
}

TEST(Url, EncodesEverythingButPlainCharacters) {
  EXPECT_EQ(percent_encode_segment("refs/pr/3"), "refs%2Fpr%2F3");
  EXPECT_EQ(percent_encode_segment("a b+%\xff~-._Z9"), "a%20b%2B%25%FF~-._Z9");
}

TEST(HttpDate, CountsFromNow) {
  EXPECT_LT(seconds_until("Sun, 06 Nov 1994 08:49:37 GMT", 7), 0);
  EXPECT_GT(seconds_until("Fri, 31 Dec 2060 23:59:59 GMT", 7), 0);
  EXPECT_EQ(seconds_until("soon", 7), 7);
}

// As `git hash-object --stdin` prints them.
TEST(GitBlob, IsGitsName) {
  const auto id = [](const std::string& content) {
    return git_blob_id(std::as_bytes(std::span(content)));
  };
  EXPECT_EQ(id(""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_EQ(id("hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
  EXPECT_EQ(id(std::string(1000, 'a')), "a50be72b20f0e3f078d252e8e56b11b4bec67509");
}

}  // namespace
}  // namespace fovea::pipeline
