// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/model_name.hpp"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "tests/unit/checkpoint/model_folder.hpp"
#include "vision/checkpoint/hub_cache.hpp"

namespace fovea::vision {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace testing_support;

constexpr const char* kMain = "1111111111111111111111111111111111111111";
constexpr const char* kOther = "2222222222222222222222222222222222222222";
constexpr const char* kVariables[] = {"HF_HUB_CACHE",   "HUGGINGFACE_HUB_CACHE", "HF_HOME",
                                      "XDG_CACHE_HOME", "FOVEA_MODELS",          "HOME"};

/// A cache with one model at two commits, and one built-in model of our own.
class ModelName : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : kVariables) {
      const char* value = std::getenv(name);
      saved_.emplace_back(name, value == nullptr ? "" : value);
      ::unsetenv(name);
    }
    cache_ = folder_.path() / "cache";
    builtin_ = folder_.path() / "builtin";
    ::setenv("HF_HUB_CACHE", cache_.c_str(), 1);
    ::setenv("FOVEA_MODELS", builtin_.c_str(), 1);
    write_tiny_model(builtin_ / "test-digits");
    const auto repository = cache_ / "models--org--name";
    write_tiny_model(repository / "snapshots" / kMain);
    write_tiny_model(repository / "snapshots" / kOther);
    write_file(repository / "refs" / "main", kMain);
    write_file(repository / "refs" / "refs" / "pr" / "3", kOther);
  }
  void TearDown() override {
    for (const auto& [name, value] : saved_) {
      if (value.empty()) {
        ::unsetenv(name.c_str());
      } else {
        ::setenv(name.c_str(), value.c_str(), 1);
      }
    }
  }
  std::string refusal(const std::string& name) {
    try {
      find_model(name);
    } catch (const ModelError& error) {
      return error.what();
    }
    ADD_FAILURE() << name << " was found";
    return {};
  }

  TemporaryFolder folder_;
  std::filesystem::path cache_, builtin_;
  std::vector<std::pair<std::string, std::string>> saved_;
};

TEST_F(ModelName, FindsAPathABuiltInNameAndTheCache) {
  const auto path = find_model((builtin_ / "test-digits").string());
  EXPECT_EQ(path.origin, "path");
  const auto builtin = find_model("test-digits");
  EXPECT_EQ(builtin.origin, "built in");
  EXPECT_EQ(builtin.folder, builtin_ / "test-digits");
  const auto cached = find_model("org/name");
  EXPECT_EQ(cached.origin, "Hugging Face cache");
  EXPECT_EQ(cached.folder.filename(), kMain);
}

TEST_F(ModelName, FindsRevisions) {
  EXPECT_EQ(find_model("org/name@main").folder.filename(), kMain);
  EXPECT_EQ(find_model("org/name@refs/pr/3").folder.filename(), kOther);
  EXPECT_EQ(find_model("org/name@" + std::string(kOther)).folder.filename(), kOther);
  EXPECT_EQ(find_model("org/name@2222222").folder.filename(), kOther);
  EXPECT_THAT(refusal("org/name@v9"), HasSubstr("fovea models pull org/name@v9"));
}

TEST_F(ModelName, NamesTheNearestAndTheCommandThatDownloads) {
  const std::string slip = refusal("test-digit");
  EXPECT_THAT(slip, HasSubstr("no model 'test-digit' on this machine"));
  EXPECT_THAT(slip, HasSubstr("did you mean 'test-digits'?"));
  const std::string remote = refusal("google/vit-base-patch16-224");
  EXPECT_THAT(remote, HasSubstr("fovea models pull google/vit-base-patch16-224"));
  EXPECT_THAT(remote, HasSubstr("test-digits"));
  EXPECT_THAT(remote, Not(HasSubstr("did you mean")));
  EXPECT_THAT(refusal(""), HasSubstr("no model ''"));
}

TEST_F(ModelName, PointsFromAFileToItsFolder) {
  EXPECT_THAT(refusal((builtin_ / "test-digits/config.json").string()),
              HasSubstr("-m " + (builtin_ / "test-digits").string()));
}

TEST_F(ModelName, ListsBuiltInModelsAndWhatTheCacheHolds) {
  const auto repository = cache_ / "models--org--other";
  write_file(repository / "snapshots" / kMain / "config.json", R"({"model_type":"bert"})");
  write_file(repository / "snapshots" / kMain / "model.safetensors", "");
  // What a killed download leaves: blobs, and perhaps a folder without config.json.
  write_file(cache_ / "models--org--killed" / "blobs" / "abc.incomplete", "x");
  write_file(cache_ / "models--org--killed" / "snapshots" / kMain / "model.safetensors", "x");
  std::vector<std::string> names;
  for (const LocalModel& model : local_models()) {
    if (model.origin == "Hugging Face cache" || model.name == "test-digits") {
      names.push_back(model.name);
    }
  }
  EXPECT_THAT(names, testing::ElementsAre("test-digits", "org/name", "org/name@refs/pr/3"));
  EXPECT_THAT(refusal("org/killed"), HasSubstr("no model"));
}

TEST_F(ModelName, ObeysTheHubsEnvironment) {
  EXPECT_EQ(hub_cache_root(), cache_);
  ::unsetenv("HF_HUB_CACHE");
  ::setenv("HF_HOME", "/hf", 1);
  EXPECT_EQ(hub_cache_root(), "/hf/hub");
  ::unsetenv("HF_HOME");
  ::setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(hub_cache_root(), "/xdg/huggingface/hub");
  ::unsetenv("XDG_CACHE_HOME");
  ::setenv("HOME", "/home/me", 1);
  EXPECT_EQ(hub_cache_root(), "/home/me/.cache/huggingface/hub");
  ::setenv("HF_HOME", "~/hf", 1);
  EXPECT_EQ(hub_cache_root(), "/home/me/hf/hub");
}

TEST(HubName, LetsNoNameLeadOutOfTheCache) {
  for (const char* name :
       {"", "/", "..", "a/..", "../a", "a/b/c", "a//b", "a/b@", "a/b@../x", "a/b@/x", "a/b@x/../y",
        "a--b/c", "a/b c", "-a/b", "a/b.", "a/b@x y", "a/b@.hidden"}) {
    EXPECT_FALSE(is_hub_name(name)) << name;
    EXPECT_THROW(parse_hub_name(name), ModelError) << name;
  }
  EXPECT_FALSE(is_hub_name(std::string(97, 'a')));
  const HubName name = parse_hub_name("org/na.me_1-x@refs/pr/12");
  EXPECT_EQ(name.repository, "org/na.me_1-x");
  EXPECT_EQ(name.revision, "refs/pr/12");
  EXPECT_EQ(parse_hub_name("gpt2").revision, "main");
  EXPECT_EQ(hub_repository_folder("/c", name), "/c/models--org--na.me_1-x");
}

}  // namespace
}  // namespace fovea::vision
