// SPDX-License-Identifier: Apache-2.0
// safetensors files that lie: each is refused with a reason, none is believed.
#include "vision/checkpoint/safetensors.hpp"

#include <limits>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "tests/unit/checkpoint/model_folder.hpp"
#include "vision/checkpoint/checkpoint.hpp"

namespace fovea::vision {
namespace {

using testing::HasSubstr;
using namespace testing_support;

class HostileSafetensors : public testing::Test {
 protected:
  std::string refusal(const std::string& bytes) {
    const auto path = folder_.path() / "model.safetensors";
    write_file(path, bytes);
    try {
      const MappedFile file(path);
      read_safetensors(file);
    } catch (const ModelError& error) {
      EXPECT_THAT(error.what(), HasSubstr("model.safetensors"));
      return error.what();
    }
    ADD_FAILURE() << "the file was read";
    return {};
  }
  TemporaryFolder folder_;
};

TEST_F(HostileSafetensors, HeaderLength) {
  EXPECT_THAT(refusal(""), HasSubstr("only 0 bytes"));
  EXPECT_THAT(refusal("1234567"), HasSubstr("only 7 bytes"));
  const std::uint64_t lengths[] = {3,
                                   1'000,
                                   99'999'999,
                                   100'000'001,
                                   std::numeric_limits<std::uint64_t>::max() - 7,
                                   std::numeric_limits<std::uint64_t>::max()};
  for (const std::uint64_t length : lengths) {
    EXPECT_THAT(refusal(raw(length) + "{}"), HasSubstr("the header claims")) << length;
  }
}

TEST_F(HostileSafetensors, HeaderThatIsNoTable) {
  EXPECT_THAT(refusal(safetensors_bytes(std::string(), "")), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(safetensors_bytes(std::string("[]"), "")), HasSubstr("not a JSON object"));
  EXPECT_THAT(refusal(safetensors_bytes(std::string("{\"a\":1}"), "")), HasSubstr("no 'dtype'"));
  EXPECT_THAT(refusal(safetensors_bytes(std::string("{\"a\":{}}"), "")), HasSubstr("no 'dtype'"));
  EXPECT_THAT(refusal(safetensors_bytes(std::string("{\"a\":\xff}"), "")),
              HasSubstr("not valid JSON"));
  const std::string deep(1'000'000, '[');
  EXPECT_THAT(refusal(safetensors_bytes("{\"a\":" + deep, "")), HasSubstr("nests too deeply"));
}

TEST_F(HostileSafetensors, DuplicateNames) {
  EXPECT_THAT(refusal(safetensors_bytes(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                                    "a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                                        std::string(8, '\0'))),
              HasSubstr("the key 'a' appears twice"));
  EXPECT_THAT(refusal(safetensors_bytes(
                  R"({"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}})",
                  std::string(4, '\0'))),
              HasSubstr("the key 'dtype' appears twice"));
}

struct Entry {
  const char* name;
  const char* json;  // of the tensor 'a'; 16 bytes of data follow
  const char* reason;
};

class HostileEntry : public HostileSafetensors, public testing::WithParamInterface<Entry> {};

TEST_P(HostileEntry, IsRefused) {
  EXPECT_THAT(refusal(safetensors_bytes(fmt::format("{{\"a\":{}}}", GetParam().json),
                                        std::string(16, '\0'))),
              HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    All, HostileEntry,
    testing::Values(
        Entry{"OutOfRange", R"({"dtype":"F32","shape":[8],"data_offsets":[0,32]})",
              "0 to 32 of 16"},
        Entry{"Backwards", R"({"dtype":"F32","shape":[1],"data_offsets":[8,4]})", "8 to 4"},
        Entry{"Huge", R"({"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]})",
              "0 to 18446744073709551615"},
        Entry{"Negative", R"({"dtype":"F32","shape":[1],"data_offsets":[-4,0]})",
              "not a whole number"},
        Entry{"Fraction", R"({"dtype":"F32","shape":[1],"data_offsets":[0.5,4]})",
              "not a whole number"},
        Entry{"TooBigForAnInteger", R"({"dtype":"F32","shape":[1],"data_offsets":[0,1e30]})",
              "not a whole number"},
        Entry{"ThreeOffsets", R"({"dtype":"F32","shape":[1],"data_offsets":[0,4,8]})",
              "wrong kind"},
        Entry{"ShapeIsNoList", R"({"dtype":"F32","shape":4,"data_offsets":[0,16]})", "wrong kind"},
        Entry{"NegativeAxis", R"({"dtype":"F32","shape":[-4],"data_offsets":[0,16]})",
              "not a whole number"},
        Entry{"HugeAxis", R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,16]})",
              "has an axis of"},
        Entry{"OverflowingShape",
              R"({"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,16]})",
              "more elements than any file"},
        Entry{"WrapsToFour",
              R"({"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,16]})",
              "has an axis of"},
        Entry{"TooSmall", R"({"dtype":"F32","shape":[5],"data_offsets":[0,16]})",
              "does not fill its 16 bytes"},
        Entry{"UnknownType", R"({"dtype":"F31","shape":[4],"data_offsets":[0,16]})",
              "unknown type 'F31'"},
        Entry{"Hole", R"({"dtype":"F32","shape":[3],"data_offsets":[4,16]})", "have a hole"},
        Entry{"Tail", R"({"dtype":"F32","shape":[3],"data_offsets":[0,12]})",
              "16 bytes of data, the header describes 12"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_F(HostileSafetensors, OverlappingTensors) {
  EXPECT_THAT(refusal(safetensors_bytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                                    "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                                        std::string(12, '\0'))),
              HasSubstr("data overlap"));
  EXPECT_THAT(refusal(safetensors_bytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
                                    "b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                                        std::string(8, '\0'))),
              HasSubstr("data overlap"));
}

TEST_F(HostileSafetensors, TruncatedAnywhere) {
  const std::string whole = safetensors_bytes(tiny_entries());
  for (std::size_t length = 0; length < whole.size(); length += 1 + length / 100) {
    refusal(whole.substr(0, length));
  }
}

class HostileShards : public testing::Test {
 protected:
  void SetUp() override {
    write_file(folder_.path() / "config.json", kTinyConfig);
    auto entries = tiny_entries();
    const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(entries.size() / 2);
    write_file(folder_.path() / "a.safetensors", safetensors_bytes({entries.begin(), middle}));
    write_file(folder_.path() / "b.safetensors", safetensors_bytes({middle, entries.end()}));
    first_ = entries.front().name;
    last_ = entries.back().name;
  }
  std::string refusal(const std::string& weight_map) {
    write_file(folder_.path() / "model.safetensors.index.json",
               "{\"weight_map\":" + weight_map + "}");
    try {
      Checkpoint::open(folder_.path());
    } catch (const ModelError& error) {
      return error.what();
    }
    ADD_FAILURE() << weight_map << " was accepted";
    return {};
  }
  TemporaryFolder folder_;
  std::string first_, last_;
};

TEST_F(HostileShards, IndexIsNotBelieved) {
  EXPECT_THAT(refusal("{}"), HasSubstr("no 'weight_map'"));
  EXPECT_THAT(refusal("[]"), HasSubstr("no 'weight_map'"));
  for (const char* name : {"../a.safetensors", "/etc/passwd", ".", "..", "", ".hidden",
                           "sub/a.safetensors", "a\\u0000"}) {
    EXPECT_THAT(refusal(fmt::format(R"({{"x":"{}"}})", name)), HasSubstr("not a plain file name"));
  }
  EXPECT_THAT(refusal(R"({"x":1})"), HasSubstr("not a plain file name"));
  EXPECT_THAT(refusal(R"({"x":"c.safetensors"})"), HasSubstr("'c.safetensors' is missing"));
  EXPECT_THAT(
      refusal(fmt::format(R"({{"{}":"a.safetensors","{}":"a.safetensors"}})", first_, last_)),
      HasSubstr("is not in its shard"));
  EXPECT_THAT(refusal(R"({"nothing":"a.safetensors"})"),
              HasSubstr("'nothing' is not in its shard"));
  EXPECT_THAT(refusal(fmt::format(R"({{"{}":"b.safetensors"}})", last_)), HasSubstr("missing:"));
  write_file(folder_.path() / "b.safetensors", read_file(folder_.path() / "a.safetensors"));
  EXPECT_THAT(refusal(fmt::format(R"({{"{}":"a.safetensors","x":"b.safetensors"}})", first_)),
              HasSubstr("is in two shards"));
}

}  // namespace
}  // namespace fovea::vision
