// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/nearest.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

TEST(Nearest, EditDistance) {
  EXPECT_EQ(edit_distance("", ""), 0);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("batch", "bacth"), 1);
  EXPECT_EQ(edit_distance("abc", "abc"), 0);
}

TEST(Nearest, NamesThatWereMeant) {
  const std::vector<std::string> keys{"batch", "precision", "device", "decode_threads", "limits",
                                      "sinks", "stages",    "source", "batching"};
  EXPECT_EQ(nearest_name("bacth", keys), "batch");
  EXPECT_EQ(nearest_name("batchsize", keys), "batch");
  EXPECT_EQ(nearest_name("batchin", keys), "batching");
  EXPECT_EQ(nearest_name("BATCH", keys), "batch");
  EXPECT_EQ(nearest_name("threads", keys), "decode_threads");
  EXPECT_EQ(nearest_name("decode-threads", keys), "decode_threads");
  EXPECT_EQ(nearest_name("sorce", keys), "source");
  EXPECT_EQ(nearest_name("sink", keys), "sinks");
  EXPECT_EQ(nearest_name("presicion", keys), "precision");
  EXPECT_EQ(nearest_name("elephant", keys), "");
  EXPECT_EQ(nearest_name("", keys), "");
}

TEST(Nearest, LongWordsCostNothing) {
  const std::vector<std::string> keys{std::string(100'000, 'a'), "b"};
  EXPECT_EQ(nearest_name(std::string(100'000, 'b'), keys), "");
}

}  // namespace
}  // namespace fovea::pipeline
