// SPDX-License-Identifier: Apache-2.0
// Everything a network and a server may do wrong, and what the user is told.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/hub/pull_fixture.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace testing_support;

TEST_F(PullTest, SaysWhatARefusalMeans) {
  hub_.put_tiny_model();
  hub_.require_token("hf_right");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("(401, no token was sent)"), HasSubstr("set HF_TOKEN")));
  options_.token = "hf_wrong_but_secret";
  EXPECT_THAT(refusal(), AllOf(HasSubstr("(403, with the token of HF_TOKEN)"),
                               Not(HasSubstr("hf_wrong_but_secret"))));
  EXPECT_FALSE(looks_whole());
}

TEST_F(PullTest, SaysWhatIsNotThere) {
  EXPECT_THAT(refusal("org/none"), AllOf(HasSubstr("no model 'org/none' at revision 'main'"),
                                         HasSubstr("RepoNotFound")));
  hub_.put("config.json", {std::string(kTinyConfig)});
  EXPECT_THAT(refusal("org/name@v7"),
              AllOf(HasSubstr("revision 'v7'"), HasSubstr("RevisionNotFound")));
  EXPECT_THAT(refusal(), HasSubstr("no model.safetensors or pytorch_model.bin"));
  EXPECT_THAT(refusal("not a name"), HasSubstr("not a model's name on the hub"));
}

TEST_F(PullTest, WaitsAsLongAsTheHubAsks) {
  hub_.put_tiny_model();
  hub_.fail("/api/", {.status = 429, .headers = "Retry-After: 1\r\n"});
  const auto start = std::chrono::steady_clock::now();
  pull("org/name", options_);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(900));
}

TEST_F(PullTest, GivesUpWhenTheHubAsksForTooLong) {
  hub_.put_tiny_model();
  hub_.fail("/api/", {.status = 429, .headers = "Retry-After: 3600\r\n"});
  EXPECT_THAT(refusal(), AllOf(HasSubstr("429"), HasSubstr("try again in 3600 s")));
  EXPECT_EQ(hub_.gets("/api/").size(), 1u);
}

TEST_F(PullTest, GivesUpAfterItsAttempts) {
  hub_.put_tiny_model();
  options_.attempts = 3;
  hub_.fail("/api/", {.status = 503}, 3);
  EXPECT_THAT(refusal(), HasSubstr("the hub answers 503"));
  EXPECT_EQ(hub_.gets("/api/").size(), 3u);
  EXPECT_EQ(pull("org/name", options_).files, 4);
}

TEST_F(PullTest, GoesOnWhereABrokenAnswerStopped) {
  hub_.put_tiny_model(300'000);
  hub_.fail("/blob/", {.cut_after = 100'000});
  hub_.fail("/blob/", {.cut_after = 50'000});
  pull("org/name", options_);
  const auto gets = hub_.gets("/blob/");
  ASSERT_EQ(gets.size(), 3u);
  EXPECT_EQ(gets[0].header("range"), "");
  EXPECT_EQ(gets[1].header("range"), "bytes=100000-");
  EXPECT_EQ(gets[2].header("range"), "bytes=150000-");
}

TEST_F(PullTest, TheNextPullGoesOnToo) {
  hub_.put_tiny_model(300'000);
  options_.attempts = 1;
  hub_.fail("/blob/", {.cut_after = 10'000});
  EXPECT_THAT(refusal(), AllOf(HasSubstr("the download of model.safetensors broke off"),
                               HasSubstr("goes on where it stopped"), Not(HasSubstr("signature"))));
  EXPECT_FALSE(looks_whole());
  pull("org/name", options_);
  EXPECT_EQ(hub_.gets("/blob/").back().header("range"), "bytes=10000-");
}

TEST_F(PullTest, ADamagedBeginningIsFoundByItsHash) {
  hub_.put_tiny_model();
  write_file(incomplete_weights(), "damaged on the disk");
  pull("org/name", options_);
  const auto gets = hub_.gets("/blob/");
  ASSERT_EQ(gets.size(), 2u);
  EXPECT_EQ(gets[0].header("range"), "bytes=19-");
  EXPECT_EQ(gets[1].header("range"), "");
  EXPECT_EQ(read_file(snapshot() / "model.safetensors"), safetensors_bytes(tiny_entries()));
}

TEST_F(PullTest, ABeginningThatIsTooLongIsDropped) {
  hub_.put_tiny_model();
  write_file(incomplete_weights(), std::string(1'000'000, 'x'));
  pull("org/name", options_);
  EXPECT_EQ(hub_.gets("/blob/").front().header("range"), "");
}

TEST_F(PullTest, AServerWithoutRangeStartsAgain) {
  hub_.put_tiny_model(300'000);
  hub_.fail("/blob/", {.cut_after = 100'000});
  hub_.fail("/blob/", {.no_range = true});
  EXPECT_EQ(pull("org/name", options_).files, 4);
}

TEST_F(PullTest, DamagedContentIsRefused) {
  hub_.put_tiny_model();
  std::string content = safetensors_bytes(tiny_entries());
  content.back() ^= 1;
  hub_.fail("/blob/", {.content = content});
  EXPECT_THAT(refusal(), HasSubstr("model.safetensors arrived damaged"));
  EXPECT_FALSE(looks_whole());
  EXPECT_FALSE(fs::exists(incomplete_weights()));
  EXPECT_EQ(pull("org/name", options_).files, 4);
}

TEST_F(PullTest, DamagedSmallFilesAreRefused) {
  hub_.put_tiny_model();
  std::string content(kTinyConfig);
  content[1] = ' ';
  hub_.fail("config.json", {});  // the question for its size is answered truly
  hub_.fail("config.json", {.content = content});
  EXPECT_THAT(refusal(), HasSubstr("config.json arrived damaged"));
}

TEST_F(PullTest, MoreOrFewerBytesThanPromisedAreRefused) {
  hub_.put_tiny_model();
  hub_.false_size = "100";
  EXPECT_THAT(refusal(), HasSubstr("is longer than the 100 bytes the hub promised"));
  hub_.false_size = "1000000";
  EXPECT_THAT(refusal(), HasSubstr("the hub promised 1000000"));
  EXPECT_FALSE(looks_whole());
}

TEST_F(PullTest, AFileLargerThanTheDiskIsRefusedAtOnce) {
  hub_.put_tiny_model();
  hub_.false_size = "900000000000000";
  EXPECT_THAT(refusal(), AllOf(HasSubstr("model.safetensors needs 900000000 MB more"),
                               HasSubstr("free some disk space")));
  EXPECT_TRUE(hub_.gets("/blob/").empty());
}

TEST_F(PullTest, AnEtagIsNoPath) {
  hub_.put_tiny_model();
  for (const char* etag : {"../../../evil", "/etc/evil", "..", "a b", ""}) {
    hub_.false_etag = etag;
    refusal();
    EXPECT_FALSE(fs::exists(options_.cache_root.parent_path() / "evil"));
    EXPECT_FALSE(looks_whole());
  }
}

TEST_F(PullTest, ASlowPeerIsLeft) {
  hub_.put_tiny_model(300'000);
  options_.attempts = 1;
  hub_.fail("/blob/", {.pause_ms = 20'000});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(refusal(), HasSubstr("too slow"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
}

TEST_F(PullTest, NobodyThereIsAnError) {
  options_.attempts = 2;
  {
    const HttpServer gone([](const ServedRequest&, const HttpServer::Send&) {});
    options_.endpoint = gone.url();
  }
  EXPECT_THAT(refusal(), HasSubstr("check the network"));
}

TEST_F(PullTest, RedirectsLeadNowhereElse) {
  hub_.put_tiny_model();
  hub_.fail("/api/", {.status = 302, .headers = "Location: file:///etc/passwd\r\n"});
  EXPECT_THAT(refusal(), HasSubstr("redirects to where Fovea does not follow"));
  hub_.fail("/api/", {.status = 302});
  EXPECT_THAT(refusal(), HasSubstr("redirects to where Fovea does not follow"));
  hub_.fail("/api/", {.status = 302, .headers = "Location: /api/models/org/name/revision/main\r\n"},
            50);
  EXPECT_THAT(refusal(), HasSubstr("redirects in a circle"));
}

TEST_F(PullTest, AnAnswerThatIsNoHubsIsRefused) {
  const HttpServer page([](const ServedRequest&, const HttpServer::Send& send) {
    send(answer_head(200, 13) + "<html></html>");
  });
  options_.endpoint = page.url();
  EXPECT_THAT(refusal(), HasSubstr("not valid JSON"));
  const HttpServer empty(
      [](const ServedRequest&, const HttpServer::Send& send) { send(answer_head(200, 2) + "{}"); });
  options_.endpoint = empty.url();
  EXPECT_THAT(refusal(), HasSubstr("names no commit"));
}

TEST_F(PullTest, TwoPullsOfOneFileDoNotMix) {
  hub_.put_tiny_model();
  const std::string hash = sha256_of(safetensors_bytes(tiny_entries()));
  const auto lock = options_.cache_root / ".locks" / "models--org--name" / (hash + ".lock");
  write_file(lock, "");
  const int other = ::open(lock.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX | LOCK_NB), 0);
  EXPECT_THAT(refusal(), HasSubstr("another process is downloading the same file"));
  ::close(other);
  EXPECT_EQ(pull("org/name", options_).files, 4);
}

TEST_F(PullTest, AnUnwritableCacheIsAnError) {
  hub_.put_tiny_model();
  write_file(folder_.path() / "file", "");
  options_.cache_root = folder_.path() / "file";
  EXPECT_THAT(refusal(), HasSubstr("cannot write to the model cache"));
}

TEST_F(PullTest, EndpointAndTokenAreChecked) {
  options_.endpoint = "ftp://example.org";
  EXPECT_THAT(refusal(), HasSubstr("not an http(s) URL"));
  options_.endpoint = hub_.endpoint();
  options_.token = "hf_secret\r\nX-Evil: 1";
  EXPECT_THAT(refusal(), AllOf(HasSubstr("control characters"), Not(HasSubstr("hf_secret"))));
}

}  // namespace
}  // namespace fovea::pipeline
