// SPDX-License-Identifier: Apache-2.0
#include "pipeline/view/guard.hpp"

#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

using std::chrono::seconds;

constexpr const char* kToken = "correct horse battery";

const Guard::Clock::time_point kStart{seconds(1'000'000)};

Asked asked(std::string_view host, std::string_view origin = {}, std::string_view site = {},
            std::string_view mode = {}) {
  return {.method = "GET",
          .path = "/stream",
          .peer = "127.0.0.1",
          .host = host,
          .origin = origin,
          .sec_fetch_site = site,
          .sec_fetch_mode = mode};
}

Guard loopback() { return {{"127.0.0.1", 8080}, "", {}}; }

TEST(Guard, TakesNoNameThatCouldBeRebound) {
  Guard local = loopback();
  for (const char* host : {"127.0.0.1:8080", "localhost:8080", "[::1]:8080", "LOCALHOST:8080"}) {
    EXPECT_EQ(local.admits(asked(host), kStart), Verdict::pass) << host;
  }
  for (const char* host : {"", "evil.example:8080", "localhost.evil.example:8080",
                           "192.168.0.9:8080", "127.0.0.1.evil.example", "[::1"}) {
    EXPECT_EQ(local.admits(asked(host), kStart), Verdict::wrong_host) << host;
  }
  Guard open({"0.0.0.0", 8080}, kToken, {"Cam.example"});
  for (const char* host : {"192.168.0.9:8080", "[fe80::1]:8080", "cam.example", "localhost"}) {
    EXPECT_EQ(open.admits(asked(host), kStart), Verdict::pass) << host;
  }
  EXPECT_EQ(open.admits(asked("evil.example"), kStart), Verdict::wrong_host);
}

TEST(Guard, AnswersItsOwnPageOnly) {
  Guard guard = loopback();
  const char* host = "127.0.0.1:8080";
  EXPECT_EQ(guard.admits(asked(host, "http://127.0.0.1:8080", "same-origin"), kStart),
            Verdict::pass);
  EXPECT_EQ(guard.admits(asked(host, "", "none"), kStart), Verdict::pass);
  for (const char* origin : {"http://evil.example", "http://127.0.0.1:9090", "null",
                             "http://127.0.0.1:8080.evil.example"}) {
    EXPECT_EQ(guard.admits(asked(host, origin), kStart), Verdict::cross_site) << origin;
  }
  for (const char* site : {"cross-site", "same-site", "nonsense"}) {
    EXPECT_EQ(guard.admits(asked(host, "", site), kStart), Verdict::cross_site) << site;
  }
}

TEST(Guard, LetsALinkOpenThePageAndNothingElse) {
  Guard guard = loopback();
  Asked link = asked("localhost:8080", "", "cross-site", "navigate");
  EXPECT_EQ(guard.admits(link, kStart), Verdict::cross_site) << link.path;
  link.path = "/";
  EXPECT_EQ(guard.admits(link, kStart), Verdict::pass);
  link.method = "POST";
  EXPECT_EQ(guard.admits(link, kStart), Verdict::cross_site);
}

TEST(Guard, LimitsTheRateOfEachPeer) {
  Guard guard = loopback();
  Asked one = asked("localhost");
  for (int i = 0; i < static_cast<int>(Guard::kRequestBurst); ++i) {
    ASSERT_EQ(guard.admits(one, kStart), Verdict::pass) << i;
  }
  EXPECT_EQ(guard.admits(one, kStart), Verdict::too_many);
  Asked other = one;
  other.peer = "127.0.0.2";
  EXPECT_EQ(guard.admits(other, kStart), Verdict::pass);
  EXPECT_EQ(guard.admits(one, kStart + seconds(1)), Verdict::pass);
}

TEST(Guard, RemembersABoundedNumberOfPeers) {
  Guard guard = loopback();
  Asked one = asked("localhost");
  for (std::size_t i = 0; i < 3 * Guard::kMaxPeers; ++i) {
    const std::string peer = std::to_string(i);
    one.peer = peer;
    ASSERT_EQ(guard.admits(one, kStart + std::chrono::milliseconds(i)), Verdict::pass);
  }
}

TEST(Guard, OpensASessionForTheTokenAndEndsIt) {
  Guard guard({"0.0.0.0", 8080}, kToken, {});
  Asked request = asked("10.0.0.1:8080");
  EXPECT_EQ(guard.signed_in(request, kStart), Verdict::not_signed_in);
  const Guard::Login wrong = guard.log_in("correct horse batterx", "10.0.0.2", kStart);
  EXPECT_EQ(wrong.verdict, Verdict::not_signed_in);
  EXPECT_EQ(wrong.cookie, "");

  const Guard::Login right = guard.log_in(kToken, "10.0.0.2", kStart);
  ASSERT_EQ(right.verdict, Verdict::pass);
  EXPECT_EQ(right.cookie.find("fovea_8080="), 0u);
  EXPECT_NE(right.cookie.find("; HttpOnly; SameSite=Strict; Path=/"), std::string::npos);
  EXPECT_EQ(right.cookie.find("horse"), std::string::npos) << "the token itself is no cookie";

  const std::string cookie = "theme=dark; " + right.cookie.substr(0, right.cookie.find(';'));
  request.cookie = cookie;
  EXPECT_EQ(guard.signed_in(request, kStart), Verdict::pass);
  guard.log_out(request);
  EXPECT_EQ(guard.signed_in(request, kStart), Verdict::not_signed_in);
}

TEST(Guard, TakesTheTokenAsABearer) {
  Guard guard({"0.0.0.0", 8080}, kToken, {});
  Asked request = asked("10.0.0.1:8080");
  const std::string right = std::string("Bearer ") + kToken;
  request.authorization = right;
  EXPECT_EQ(guard.signed_in(request, kStart), Verdict::pass);
  for (const char* wrong : {"Bearer ", "Bearer correct horse batter", "Basic Zm9vOmJhcg=="}) {
    request.authorization = wrong;
    EXPECT_EQ(guard.signed_in(request, kStart), Verdict::not_signed_in) << wrong;
  }
}

TEST(Guard, SlowsDownWhoGuesses) {
  Guard guard({"0.0.0.0", 8080}, kToken, {});
  for (int i = 0; i < static_cast<int>(Guard::kTryBurst); ++i) {
    EXPECT_EQ(guard.log_in("wrong", "10.0.0.2", kStart).verdict, Verdict::not_signed_in);
  }
  EXPECT_EQ(guard.log_in(kToken, "10.0.0.2", kStart).verdict, Verdict::too_many);
  EXPECT_EQ(guard.log_in(kToken, "10.0.0.3", kStart).verdict, Verdict::pass);
  Asked bearer = asked("10.0.0.1:8080");
  bearer.peer = "10.0.0.2";
  bearer.authorization = "Bearer wrong";
  EXPECT_EQ(guard.signed_in(bearer, kStart), Verdict::too_many);
}

TEST(Guard, ComparesSecretsWhole) {
  EXPECT_TRUE(equal_secrets("abc", "abc"));
  EXPECT_FALSE(equal_secrets("abc", "abd"));
  EXPECT_FALSE(equal_secrets("abc", "abcabc"));
  EXPECT_FALSE(equal_secrets("abcabc", "abc"));
  EXPECT_FALSE(equal_secrets("", "abc"));
  EXPECT_FALSE(equal_secrets("abc", ""));
}

}  // namespace
}  // namespace fovea::pipeline
