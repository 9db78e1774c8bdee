// SPDX-License-Identifier: Apache-2.0
// Pulls that succeed: what is asked of the hub and what lies in the cache afterwards.
#include <fmt/format.h>

#include "tests/hub/pull_fixture.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/hub_cache.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using namespace testing_support;

TEST_F(PullTest, LaysTheModelOutAsTheHubsToolsDo) {
  hub_.put_tiny_model();
  const PulledModel pulled = pull("org/name", options_);
  EXPECT_EQ(pulled.folder, snapshot());
  EXPECT_EQ(pulled.commit, FakeHub::kCommit);
  EXPECT_EQ(pulled.files, 4);
  EXPECT_GT(pulled.downloaded_bytes, 1000u);

  EXPECT_EQ(read_file(repository() / "refs" / "main"), FakeHub::kCommit);
  ASSERT_TRUE(fs::is_symlink(snapshot() / "model.safetensors"));
  const std::string hash = sha256_of(read_file(snapshot() / "model.safetensors"));
  EXPECT_EQ(fs::read_symlink(snapshot() / "model.safetensors"), "../../blobs/" + hash);
  EXPECT_FALSE(fs::exists(snapshot() / "tf_model.h5"));
  for (const auto& entry : fs::directory_iterator(repository() / "blobs")) {
    EXPECT_EQ(entry.path().extension(), "") << entry.path();
  }
  EXPECT_EQ(vision::find_snapshot(options_.cache_root, {"org/name"}), snapshot());
  EXPECT_EQ(vision::Checkpoint::open(snapshot()).summary().license, "mit");
}

TEST_F(PullTest, DownloadsNothingTwice) {
  hub_.put_tiny_model();
  pull("org/name", options_);
  const std::size_t before = hub_.gets("/blob/").size();
  const PulledModel again = pull("org/name", options_);
  EXPECT_EQ(again.downloaded_bytes, 0u);
  EXPECT_EQ(hub_.gets("/blob/").size(), before);
  EXPECT_EQ(hub_.gets("/resolve/").size(), 4u);
}

TEST_F(PullTest, TheTokenGoesToTheEndpointAlone) {
  hub_.put_tiny_model();
  hub_.require_token("hf_secret");
  options_.token = "hf_secret";
  pull("org/name", options_);
  int storage = 0;
  for (const auto& record : hub_.records()) {
    EXPECT_EQ(record.request.has_token(), !record.storage) << record.request.target;
    storage += record.storage ? 1 : 0;
  }
  EXPECT_GT(storage, 0);
}

TEST_F(PullTest, TakesTokenAndEndpointFromTheEnvironment) {
  hub_.put_tiny_model();
  hub_.require_token("hf_secret");
  ::setenv("HF_TOKEN", "hf_secret", 1);
  ::setenv("HF_ENDPOINT", (hub_.endpoint() + "/").c_str(), 1);
  options_.endpoint.clear();
  EXPECT_EQ(pull("org/name", options_).files, 4);
}

TEST_F(PullTest, FollowsARenameOnTheSameHostWithTheToken) {
  hub_.put_tiny_model();
  hub_.require_token("hf_secret");
  options_.token = "hf_secret";
  hub_.fail("/api/models/old/name",
            {.status = 307, .headers = "Location: /api/models/org/name/revision/main\r\n"});
  hub_.fail(
      "/old/name/resolve",
      {.status = 307,
       .headers = fmt::format("Location: /org/name/resolve/{}/config.json\r\n", FakeHub::kCommit)});
  refusal("old/name");  // the other files are not redirected by this test
  const auto gets = hub_.gets("/api/models/org/name/revision/main");
  ASSERT_EQ(gets.size(), 1u);
  EXPECT_TRUE(gets[0].has_token());
  bool asked_for_config = false;
  for (const auto& record : hub_.records()) {
    asked_for_config |=
        record.request.method == "HEAD" && record.request.target.starts_with("/org/name/resolve/");
  }
  EXPECT_TRUE(asked_for_config);
}

TEST_F(PullTest, TakesRevisionsWithSlashes) {
  hub_.put_tiny_model();
  hub_.set_revision("refs%2Fpr%2F3");
  pull("org/name@refs/pr/3", options_);
  EXPECT_EQ(read_file(repository() / "refs" / "refs" / "pr" / "3"), FakeHub::kCommit);
  EXPECT_FALSE(fs::exists(repository() / "refs" / "main"));
  EXPECT_EQ(vision::find_snapshot(options_.cache_root, {"org/name", "refs/pr/3"}), snapshot());
}

TEST_F(PullTest, ACommitNeedsNoRef) {
  hub_.put_tiny_model();
  hub_.set_revision(FakeHub::kCommit);
  pull(fmt::format("org/name@{}", FakeHub::kCommit), options_);
  EXPECT_FALSE(fs::exists(repository() / "refs"));
  EXPECT_EQ(vision::find_snapshot(options_.cache_root, {"org/name", "0123456"}), snapshot());
}

TEST_F(PullTest, TakesShardsAndNothingElse) {
  auto entries = tiny_entries();
  const auto middle = entries.begin() + 10;
  std::string map;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    map += fmt::format(R"({}"{}":"model-{}.safetensors")", i > 0 ? "," : "", entries[i].name,
                       i < 10 ? 1 : 2);
  }
  hub_.put("config.json", {std::string(kTinyConfig)});
  hub_.put("model-1.safetensors", {safetensors_bytes({entries.begin(), middle}), true});
  hub_.put("model-2.safetensors", {safetensors_bytes({middle, entries.end()}), true});
  hub_.put("model-3.safetensors", {"not in the index", true});
  hub_.put("model.safetensors.index.json", {"{\"weight_map\":{" + map + "}}"});
  hub_.put("pytorch_model.bin", {"not asked for", true});
  EXPECT_EQ(pull("org/name", options_).files, 4);
  EXPECT_EQ(vision::Checkpoint::open(snapshot()).summary().weights_file,
            "model.safetensors (2 shards)");
  EXPECT_EQ(hub_.gets("/blob/").size(), 2u);
}

TEST_F(PullTest, TakesPytorchWeightsWhereThereAreNoOthers) {
  hub_.put("config.json", {std::string(kTinyConfig)});
  hub_.put("pytorch_model.bin", {"weights", true});
  EXPECT_EQ(pull("org/name", options_).files, 2);
  EXPECT_EQ(read_file(snapshot() / "pytorch_model.bin"), "weights");
}

TEST_F(PullTest, TellsHowFarItIs) {
  hub_.put_tiny_model(200'000);
  std::vector<PullProgress> calls;
  options_.progress = [&](const PullProgress& progress) { calls.push_back(progress); };
  pull("org/name", options_);
  ASSERT_GE(calls.size(), 4u);
  EXPECT_EQ(calls.front().file, "config.json");
  for (std::size_t i = 1; i < calls.size(); ++i) {
    EXPECT_EQ(calls[i].count, 4);
    EXPECT_LE(calls[i].done, calls[i].total);
    if (calls[i].index == calls[i - 1].index) {
      EXPECT_GE(calls[i].done, calls[i - 1].done);
    } else {
      EXPECT_EQ(calls[i].index, calls[i - 1].index + 1);
      EXPECT_EQ(calls[i - 1].done, calls[i - 1].total);
    }
  }
  EXPECT_EQ(calls.back().file, "model.safetensors");
  EXPECT_EQ(calls.back().done, calls.back().total);
  EXPECT_GT(calls.back().total, 200'000u);
}

TEST_F(PullTest, AsksForNoWeightsOfAModelItCouldNotRun) {
  hub_.put_tiny_model();
  hub_.put("config.json", {R"({"model_type":"bert"})"});
  EXPECT_THAT(refusal(), HasSubstr("model_type 'bert' is not supported"));
  EXPECT_TRUE(hub_.gets("/blob/").empty());
  EXPECT_FALSE(looks_whole());
}

}  // namespace
}  // namespace fovea::pipeline
