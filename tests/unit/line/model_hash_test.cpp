// SPDX-License-Identifier: Apache-2.0
// A remembered hash is that of the files as they are now, or is not used.
#include "pipeline/line/model_hash.hpp"

#include <gmock/gmock.h>

#include "pipeline/line/answer_file.hpp"
#include "tests/unit/checkpoint/model_folder.hpp"

namespace fovea::pipeline {
namespace {

using namespace testing_support;
using std::chrono::system_clock;

class ModelHash : public testing::Test {
 protected:
  ModelHash() { write_tiny_model(model_.path()); }

  vision::Checkpoint open() const { return vision::Checkpoint::open(model_.path()); }
  /// As asked an hour from now, when the files have long been what they are.
  std::string later() const {
    return model_sha256(open(), memory_, system_clock::now() + std::chrono::hours(1));
  }
  /// Puts another answer in the place of the one remembered.
  void plant(const Json& answer) {
    Json document = Json::parse(read_file(memory_));
    ASSERT_EQ(document["answers"].size(), 1U);
    document["answers"].begin().value() = answer;
    write_file(memory_, document.dump());
  }

  TemporaryFolder model_, cache_;
  std::filesystem::path memory_ = cache_.path() / "hashes.json";
};

TEST_F(ModelHash, IsRememberedForFilesThatStayAsTheyAre) {
  const std::string hash = open().sha256();
  EXPECT_EQ(later(), hash);
  EXPECT_EQ(later(), hash);
  plant(std::string(64, 'a'));
  EXPECT_EQ(later(), std::string(64, 'a')) << "read from memory, not from the files";
}

TEST_F(ModelHash, IsOfTheFilesAsTheyAreNow) {
  const std::string before = later();
  plant(std::string(64, 'a'));
  auto entries = tiny_entries();
  entries.front().bytes[0] = static_cast<char>(entries.front().bytes[0] ^ 1);
  const auto weights = model_.path() / "model.safetensors";
  const auto written = std::filesystem::last_write_time(weights);
  write_file(weights, safetensors_bytes(entries));
  // Of the same inode and size; and not in the same tick of the file system's clock.
  std::filesystem::last_write_time(weights, written + std::chrono::seconds(1));
  EXPECT_EQ(later(), open().sha256());
  EXPECT_NE(later(), before);
}

TEST_F(ModelHash, IsNotRememberedWhileTheFilesAreNew) {
  EXPECT_EQ(model_sha256(open(), memory_), open().sha256());
  EXPECT_FALSE(std::filesystem::exists(memory_));
}

TEST_F(ModelHash, NonsenseInTheMemoryIsReplaced) {
  const std::string hash = later();
  for (const Json& nonsense : {Json("short"), Json(7), Json(std::string(64, 'x'))}) {
    plant(nonsense);
    EXPECT_EQ(later(), hash);
  }
  write_file(memory_, "{ damaged");
  EXPECT_EQ(later(), hash);
  EXPECT_EQ(model_sha256(open(), {}), hash) << "without a memory";
}

}  // namespace
}  // namespace fovea::pipeline
