// SPDX-License-Identifier: Apache-2.0
// What the page's addresses answer, and to whom, over real sockets.
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "pipeline/view/page_files.hpp"
#include "tests/view/view_fixture.hpp"

namespace fovea::pipeline {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::ask;
using testing_support::RawAnswer;
using testing_support::RawConnection;

constexpr const char* kToken = "correct horse battery";

ViewOptions with_token() {
  ViewOptions options;
  options.token = kToken;
  return options;
}

TEST(ViewServer, ServesThePageAndItsFiles) {
  const OpenView open;
  for (const PageFile& file : page_files()) {
    if (file.path == "/login") continue;  // of use only where there is a token
    const RawAnswer answer = open.get(std::string(file.path));
    EXPECT_EQ(answer.status, 200) << file.path;
    EXPECT_EQ(answer.body, file.body) << file.path;
    EXPECT_EQ(answer.header("Content-Type"), file.type);
  }
  EXPECT_EQ(open.get("/nothing").status, 404);
  EXPECT_EQ(open.get("/../etc/passwd").status, 404);
  EXPECT_EQ(ask(open.port(), "DELETE", "/").status, 405);
  EXPECT_EQ(ask(open.port(), "HEAD", "/stream").status, 200);
}

TEST(ViewServer, ThePageAsksNobodyElseForAnything) {
  for (const PageFile& file : page_files()) {
    std::string body(file.body);
    constexpr std::string_view kSvg = "http://www.w3.org/2000/svg";  // a name, not a place
    for (std::size_t at; (at = body.find(kSvg)) != std::string::npos;) body.erase(at, kSvg.size());
    EXPECT_THAT(body, AllOf(Not(HasSubstr("http://")), Not(HasSubstr("https://")),
                            Not(HasSubstr("\"//")), Not(HasSubstr("'//"))))
        << file.path;
  }
}

TEST(ViewServer, SendsTheHeadersThatKeepBrowsersSafe) {
  const OpenView open;
  for (const char* path : {"/", "/status.json", "/nothing"}) {
    const RawAnswer answer = open.get(path);
    EXPECT_THAT(answer.header("Content-Security-Policy"),
                AllOf(HasSubstr("default-src 'none'"), HasSubstr("frame-ancestors 'none'"),
                      Not(HasSubstr("unsafe"))));
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("X-Frame-Options"), "DENY");
    EXPECT_EQ(answer.header("Referrer-Policy"), "same-origin");
    EXPECT_EQ(answer.header("Cross-Origin-Resource-Policy"), "same-origin");
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "");
  }
}

TEST(ViewServer, RefusesOtherNamesAndOtherSites) {
  const OpenView open;
  EXPECT_EQ(open.get("/status.json", "Host: evil.example\r\n").status, 403);
  EXPECT_EQ(open.get("/status.json", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(open.get("/status.json", "Sec-Fetch-Site: cross-site\r\n").status, 403);
  const std::string own = "Origin: http://127.0.0.1:" + std::to_string(open.port()) + "\r\n";
  EXPECT_EQ(open.get("/status.json", own + "Sec-Fetch-Site: same-origin\r\n").status, 200);
}

TEST(ViewServer, AsksForTheToken) {
  const OpenView open(with_token());
  const RawAnswer page = open.get("/");
  EXPECT_EQ(page.status, 303);
  EXPECT_EQ(page.header("Location"), "/login");
  EXPECT_EQ(open.get("/login").status, 200);
  for (const char* path : {"/stream", "/status.json", "/metrics", "/nothing"}) {
    const RawAnswer answer = open.get(path);
    EXPECT_EQ(answer.status, 401) << path;
    EXPECT_THAT(answer.header("WWW-Authenticate"), HasSubstr("Bearer"));
  }
  const std::string bearer = std::string("Authorization: Bearer ") + kToken + "\r\n";
  EXPECT_EQ(open.get("/metrics", bearer).status, 200);
  EXPECT_EQ(open.get("/nothing", bearer).status, 404);
}

TEST(ViewServer, OpensASessionByTheForm) {
  const OpenView open(with_token());
  const RawAnswer wrong = open.post("/login", "token=wrong");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_THAT(wrong.body, HasSubstr("id=\"wrong\">"));
  EXPECT_EQ(wrong.header("Set-Cookie"), "");
  const RawAnswer right = open.post("/login", "token=correct+horse%20battery");
  ASSERT_EQ(right.status, 303);
  const std::string cookie = right.header("Set-Cookie");
  EXPECT_THAT(cookie,
              AllOf(HasSubstr("HttpOnly"), HasSubstr("SameSite=Strict"), Not(HasSubstr("horse"))));
  const std::string session = "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  const RawAnswer page = open.get("/", session);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, AllOf(HasSubstr("<html data-token"), Not(HasSubstr("horse"))));
  EXPECT_EQ(open.get("/metrics", session).status, 200);
  EXPECT_EQ(open.post("/logout", "", session + "Content-Length: 0\r\n").status, 303);
  EXPECT_EQ(open.get("/metrics", session).status, 401);
  // A form of another site may not sign anybody in.
  EXPECT_EQ(
      open.post("/login", "token=correct+horse+battery", "Origin: http://evil.example\r\n").status,
      403);
}

TEST(ViewServer, TellsHealthAndReasonsOnlyToWhoMayLook) {
  OpenView open(with_token());
  const std::string bearer = std::string("Authorization: Bearer ") + kToken + "\r\n";
  EXPECT_EQ(open.get("/healthz").status, 200);
  EXPECT_EQ(open.get("/healthz").body, "{\"status\":\"ok\"}\n");
  LiveStatus status = status_of_two();
  status.sources[1].state = SourceState::stalled;
  status.sources[1].reason = "no picture for 5 s";
  open.set_status(status);
  const RawAnswer stranger = open.get("/healthz");
  EXPECT_EQ(stranger.status, 503);
  EXPECT_EQ(stranger.body, "{\"status\":\"failing\"}\n");
  const RawAnswer known = open.get("/healthz", bearer);
  EXPECT_EQ(known.status, 503);
  EXPECT_THAT(known.body, AllOf(HasSubstr("\"source\":\"yard\""), HasSubstr("\"what\":\"stalled\""),
                                HasSubstr("no picture for 5 s")));
  status.sources[1].state = SourceState::running;
  open.set_status(status);
  EXPECT_EQ(open.get("/healthz").status, 200);
}

TEST(ViewServer, LimitsSizes) {
  const OpenView open(with_token());
  EXPECT_EQ(open.post("/login", "token=" + std::string(4000, 'x')).status, 413);
  EXPECT_GE(open.get("/" + std::string(40'000, 'a')).status, 400);
  EXPECT_GE(open.get("/", "X-Long: " + std::string(40'000, 'a') + "\r\n").status, 400);
  // Chunked bodies say no length beforehand.
  RawConnection chunked(open.port());
  chunked.send(
      "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
      "Connection: close\r\n\r\n");
  for (int i = 0; i < 5; ++i) chunked.send("3e8\r\n" + std::string(1000, 'x') + "\r\n");
  chunked.send("0\r\n\r\n");
  EXPECT_THAT(chunked.receive_all(), HasSubstr(" 413 "));
}

TEST(ViewServer, LimitsTheRateOfRequests) {
  const OpenView open;
  int refused = 0;
  for (int i = 0; i < 2000 && refused == 0; ++i) refused += open.get("/page.css").status == 429;
  EXPECT_EQ(refused, 1);
}

TEST(ViewServer, LimitsConnectionsOfOnePeer) {
  const OpenView open;
  std::vector<std::unique_ptr<RawConnection>> held;
  for (int i = 0; i < 32; ++i) held.push_back(std::make_unique<RawConnection>(open.port()));
  RawConnection one_more(open.port());
  one_more.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(one_more.receive(), "");
  held.clear();
  int status = 0;  // those closed are noticed one after another
  for (int i = 0; i < 1000 && status != 200; ++i) status = open.get("/").status;
  EXPECT_EQ(status, 200);
}

TEST(ViewServer, SaysThatThePortIsInUse) {
  const OpenView open;
  ViewOptions options;
  options.address = {"127.0.0.1", open.port()};
  View second(options);
  try {
    second.begin([] { return LiveStatus(); });
    FAIL() << "two pages on one port";
  } catch (const ConfigError& error) {
    const std::string port = std::to_string(open.port());
    EXPECT_EQ(std::string(error.what()),
              "port " + port + " is in use by another program\n  where: 127.0.0.1:" + port +
                  "\n  fix:   stop that program, or take another port, as in 127.0.0.1:0 for any "
                  "free one");
  }
}

TEST(ViewServer, SaysThatAnAddressIsNotOfThisMachine) {
  ViewOptions options;
  options.address = {"203.0.113.9", 8080};  // reserved for documentation
  View view(options);
  EXPECT_THROW(view.begin([] { return LiveStatus(); }), ConfigError);
}

}  // namespace
}  // namespace fovea::pipeline
