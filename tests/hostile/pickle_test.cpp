// SPDX-License-Identifier: Apache-2.0
// Pickles that want more than tensors: refused by name, and nothing happens.
#include <cstdlib>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "tests/unit/checkpoint/model_folder.hpp"
#include "vision/checkpoint/pytorch_bin.hpp"

namespace fovea::vision {
namespace {

using testing::HasSubstr;
using namespace testing_support;

std::string text(const std::string& content) {
  return "X" + raw(static_cast<std::uint32_t>(content.size())) + content;
}
std::string integer(std::int64_t value) { return "\x8a\x08" + raw(value); }
std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
std::string tuple(const std::vector<std::int64_t>& values) {
  std::string out = "(";
  for (const std::int64_t value : values) out += integer(value);
  return out + "t";
}

struct Described {
  std::string storage = "FloatStorage", key = "0";
  std::int64_t elements = 4, offset = 0;
  std::vector<std::int64_t> shape{4}, strides{1};
};

/// {"w": tensor} as torch.save writes it.
std::string tensor_pickle(const Described& tensor) {
  return std::string("\x80\x02}") + text("w") + global("torch._utils", "_rebuild_tensor_v2") +
         "((" + text("storage") + global("torch", tensor.storage) + text(tensor.key) + text("cpu") +
         integer(tensor.elements) + "tQ" + integer(tensor.offset) + tuple(tensor.shape) +
         tuple(tensor.strides) + "\x89" + global("collections", "OrderedDict") + ")RtRs.";
}

class HostilePickle : public testing::Test {
 protected:
  std::vector<StoredTensor> read(const std::string& pickle) {
    write_file(path(), torch_zip(pickle, {{"0", std::string(16, '\1')}}));
    const MappedFile file(path());
    return read_pytorch_bin(file);
  }
  std::string refusal(const std::string& pickle) {
    try {
      read(pickle);
    } catch (const ModelError& error) {
      EXPECT_THAT(error.what(), HasSubstr("pytorch_model.bin"));
      return error.what();
    }
    ADD_FAILURE() << "the pickle was read";
    return {};
  }
  std::filesystem::path path() const { return folder_.path() / "pytorch_model.bin"; }
  TemporaryFolder folder_;
};

TEST_F(HostilePickle, TheHarnessItselfIsRead) {
  const auto tensors = read(tensor_pickle({}));
  ASSERT_EQ(tensors.size(), 1u);
  EXPECT_EQ(tensors[0].name, "w");
  EXPECT_EQ(tensors[0].shape, (std::vector<std::int64_t>{4}));
}

TEST_F(HostilePickle, NoCallIsMade) {
  const auto marker = folder_.path() / "executed";
  const std::string command = "touch '" + marker.string() + "'";
  ASSERT_EQ(std::system(("true && " + command).c_str()), 0);
  ASSERT_TRUE(std::filesystem::remove(marker)) << "the command of this test does nothing";
  const std::string calls[] = {
      "\x80\x02" + global("os", "system") + text(command) + "\x85R.",
      "\x80\x02" + global("posix", "system") + "(" + text(command) + "tR.",
      "\x80\x04" + text("posix") + text("system") + "\x93" + text(command) + "\x85R.",
      "\x80\x02(" + text(command) + "iposix\nsystem\n.",
      "\x80\x02(" + global("posix", "system") + text(command) + "o.",
      "\x80\x02" + global("subprocess", "Popen") + text(command) + "\x85\x81."};
  for (const std::string& pickle : calls) {
    EXPECT_THAT(refusal(pickle), HasSubstr("which Fovea never does"));
    EXPECT_FALSE(std::filesystem::exists(marker));
  }
}

TEST_F(HostilePickle, EveryOtherGlobalIsRefusedByName) {
  const std::pair<const char*, const char*> globals[] = {{"os", "system"},
                                                         {"posix", "system"},
                                                         {"builtins", "eval"},
                                                         {"builtins", "exec"},
                                                         {"__builtin__", "getattr"},
                                                         {"subprocess", "check_output"},
                                                         {"importlib", "import_module"},
                                                         {"torch", "load"},
                                                         {"torch.storage", "_load_from_bytes"},
                                                         {"torch._utils", "_rebuild_tensor"},
                                                         {"torch._utils", "_rebuild_tensor_v2 "},
                                                         {"torch.serialization", "load"},
                                                         {"torch.hub", "load"},
                                                         {"collections", "OrderedDict.__init__"},
                                                         {"numpy.core.multiarray", "_reconstruct"},
                                                         {"", ""}};
  for (const auto& [module, name] : globals) {
    const std::string full = "'" + std::string(module) + "." + name + "'";
    EXPECT_THAT(refusal("\x80\x02" + global(module, name) + ")R."), HasSubstr(full));
    EXPECT_THAT(refusal("\x80\x04" + text(module) + text(name) + "\x93)R."), HasSubstr(full));
  }
  EXPECT_THAT(refusal("\x80\x02" + global("torch", "EvilStorage") + "."),
              HasSubstr("torch.EvilStorage"));
}

TEST_F(HostilePickle, OpcodesThatBuildObjectsAreRefusedByName) {
  const std::pair<const char*, const char*> opcodes[] = {
      {"\x81", "NEWOBJ"}, {"\x92", "NEWOBJ_EX"}, {"i", "INST"},    {"o", "OBJ"},
      {"\x82", "EXT1"},   {"\x83", "EXT2"},      {"\x84", "EXT4"}, {"P", "PERSID"}};
  for (const auto& [code, name] : opcodes) {
    EXPECT_THAT(refusal(std::string("\x80\x02") + code), HasSubstr(name));
  }
  EXPECT_THAT(refusal("\x80\x02" + global("torch", "FloatStorage") + "}b."),
              HasSubstr("a change of an object's state"));
  EXPECT_THAT(refusal("\x80\x02" + global("torch", "FloatStorage") + ")R."),
              HasSubstr("a call of 'torch FloatStorage'"));
  EXPECT_THAT(refusal("\x80\x02\xff"), HasSubstr("opcode 0xff"));
  EXPECT_THAT(refusal("\x80\x09}."), HasSubstr("pickle protocol 9"));
}

TEST_F(HostilePickle, StackAndMemoAreChecked) {
  const std::string broken[] = {"",
                                "\x80",
                                "\x80\x02",
                                "\x80\x02.",
                                "\x80\x02t.",
                                "\x80\x02R.",
                                "\x80\x02u.",
                                "\x80\x02}s.",
                                "\x80\x02Q.",
                                "\x80\x02\x87.",
                                "\x80\x02h\x05.",
                                "\x80\x02j\x05\x05\x05\x05.",
                                "\x80\x02"
                                "1.",
                                "\x80\x02"
                                "0.",
                                "\x80\x02"
                                "2.",
                                "\x80\x02q\x01.",
                                "\x80\x02}}.",
                                "\x80\x02)a.",
                                "\x80\x02}(Ku.",
                                "\x80\x02]K\x01K\x02s.",
                                "\x80\x02K\x01K\x02\x93.",
                                "\x80\x02X\xff\xff\xff\xff",
                                "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
                                "\x80\x02\x8b\xff\xff\xff\xff",
                                "\x80\x02\x8a\x09"
                                "123456789.",
                                "\x80\x02"
                                "cposix",
                                "\x80\x02(K\x01tQ.",
                                "\x80\x02K\x01)R.",
                                "\x80\x02]K\x01K\x02"
                                "b."};
  for (const std::string& pickle : broken) refusal(pickle);
}

TEST_F(HostilePickle, DepthIsNoRecursion) {
  std::string nested = "\x80\x02)";
  nested.append(300'000, '\x85');
  EXPECT_THAT(refusal(nested + "."), HasSubstr("not a dictionary"));
  std::string lists = "\x80\x02";
  lists.append(300'000, ']');
  lists.append(299'999, 'a');
  EXPECT_THAT(refusal(lists + "."), HasSubstr("not a dictionary"));
  std::string own =
      "\x80\x02]q\x01h\x01"
      "a.";  // a list that holds itself
  EXPECT_THAT(refusal(own), HasSubstr("not a dictionary"));
}

TEST_F(HostilePickle, TensorsStayWithinTheirStorage) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  const Described wrong[] = {
      {.elements = 5},
      {.elements = -1},
      {.elements = kHuge},
      {.offset = 1},
      {.offset = -1},
      {.offset = std::numeric_limits<std::int64_t>::max()},
      {.shape = {5}},
      {.shape = {-4}},
      {.shape = {2, 2}},
      {.shape = {kHuge, kHuge}, .strides = {1, 1}},
      {.shape = {2}, .strides = {4}},
      {.shape = {2}, .strides = {-1}},
      {.shape = {2}, .strides = {kHuge}},
      {.shape = {2, 2}, .strides = {kHuge, kHuge}},
      {.shape = {1000}, .strides = {0}},
      {.shape = std::vector<std::int64_t>(9, 1), .strides = std::vector<std::int64_t>(9, 1)},
      {.storage = "LongStorage", .elements = 2, .shape = {3}},
      {.key = "1"},
      {.key = "../data.pkl"},
      {.key = std::string(2000, 'k')}};
  for (const Described& tensor : wrong) refusal(tensor_pickle(tensor));
  // At the very edge it is still a tensor.
  EXPECT_EQ(read(tensor_pickle({.offset = 1, .shape = {2}, .strides = {2}})).size(), 1u);
  EXPECT_EQ(read(tensor_pickle({.offset = 4, .shape = {0}})).size(), 1u);
}

TEST_F(HostilePickle, OneTensorUnderAMillionNamesIsBounded) {
  std::string pickle = std::string("\x80\x02}(");
  pickle += text(std::string(100'000, 'n')) + "q\x01" + "K\x01";
  for (int i = 0; i < 100'000; ++i) pickle += "h\x01K\x01";
  EXPECT_THAT(refusal(pickle + "u."), HasSubstr("no text of sensible length"));
}

}  // namespace
}  // namespace fovea::vision
