// SPDX-License-Identifier: Apache-2.0
// Archives that claim more than they hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "tests/unit/checkpoint/model_folder.hpp"
#include "vision/checkpoint/pytorch_bin.hpp"
#include "vision/checkpoint/zip_reader.hpp"

namespace fovea::vision {
namespace {

using testing::HasSubstr;
using namespace testing_support;

class HostileZip : public testing::Test {
 protected:
  std::string refusal(const std::string& bytes) {
    write_file(folder_.path() / "pytorch_model.bin", bytes);
    const MappedFile file(folder_.path() / "pytorch_model.bin");
    try {
      read_zip(file);
    } catch (const ModelError& error) {
      return error.what();
    }
    ADD_FAILURE() << "the archive was read";
    return {};
  }
  template <typename T>
  static std::string with(std::string bytes, std::size_t at, T value) {
    return bytes.replace(at, sizeof value, raw(value));
  }
  TemporaryFolder folder_;
  const std::string whole_ = zip_bytes({{"first", "12345678"}, {"second", "abcd"}});
  const std::size_t directory_ = whole_.find("PK\x01\x02");
  const std::size_t second_ = whole_.find("PK\x01\x02", directory_ + 1);
  const std::size_t end_ = whole_.find("PK\x05\x06");
};

TEST_F(HostileZip, TheHarnessItselfIsRead) {
  write_file(folder_.path() / "a.zip", whole_ + std::string(300, ' '));
  const MappedFile file(folder_.path() / "a.zip");
  const auto entries = read_zip(file);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].name, "second");
  EXPECT_EQ(entries[1].bytes.size(), 4u);
}

TEST_F(HostileZip, CompressionIsRefusedBeforeItCanExplode) {
  std::string deflated = with<std::uint16_t>(whole_, directory_ + 10, 8);
  EXPECT_THAT(refusal(deflated), HasSubstr("'first' is compressed (method 8)"));
  EXPECT_THAT(refusal(with<std::uint32_t>(whole_, directory_ + 24, 0x7fffffff)),
              HasSubstr("is compressed"));
  EXPECT_THAT(refusal(with<std::uint16_t>(whole_, directory_ + 8, 1)), HasSubstr("encrypted"));
}

TEST_F(HostileZip, EntriesOutsideTheFileAreRefused) {
  std::string large = with<std::uint32_t>(whole_, directory_ + 20, 0x7fffffff);
  refusal(with<std::uint32_t>(large, directory_ + 24, 0x7fffffff));
  refusal(with<std::uint32_t>(whole_, directory_ + 42, 0x7fffffff));
  refusal(with<std::uint32_t>(whole_, directory_ + 42, 1));
  refusal(with<std::uint16_t>(whole_, directory_ + 28, 0xffff));
  refusal(with<std::uint16_t>(whole_, directory_ + 30, 0xffff));
  refusal(with<std::uint32_t>(whole_, end_ + 16, 0xfffffff0));
  refusal(with<std::uint16_t>(whole_, end_ + 10, 0xffff));
  refusal(with<std::uint32_t>(whole_, directory_ + 42, 0xffffffff));  // ZIP64 without its field
}

TEST_F(HostileZip, SharedBytesAndNamesAreRefused) {
  EXPECT_THAT(refusal(with<std::uint32_t>(whole_, second_ + 42, 0)), HasSubstr("overlap"));
  EXPECT_THAT(refusal(zip_bytes({{"same", "1"}, {"same", "2"}})), HasSubstr("appears twice"));
}

TEST_F(HostileZip, Zip64RecordsAreChecked) {
  // A locator in front of the end record that points nowhere, then to a record that lies.
  const std::string locator = "PK\x06\x07" + raw<std::uint32_t>(0);
  refusal(whole_.substr(0, end_) + locator + raw<std::uint64_t>(~std::uint64_t{0}) +
          raw<std::uint32_t>(1) + whole_.substr(end_));
  const std::string record = "PK\x06\x06" + std::string(28, '\0') +
                             raw<std::uint64_t>(std::uint64_t{1} << 40) + raw<std::uint64_t>(0) +
                             raw<std::uint64_t>(0);
  EXPECT_THAT(refusal(whole_.substr(0, end_) + record + locator + raw<std::uint64_t>(end_) +
                      raw<std::uint32_t>(1) + whole_.substr(end_)),
              HasSubstr("1099511627776 entries"));
}

TEST_F(HostileZip, TruncatedAnywhere) {
  for (std::size_t length = 0; length < whole_.size(); ++length) {
    refusal(whole_.substr(0, length));
  }
}

TEST_F(HostileZip, OtherFilesAreToldApart) {
  const auto path = folder_.path() / "pytorch_model.bin";
  const auto reason = [&](const std::string& bytes) -> std::string {
    write_file(path, bytes);
    try {
      const MappedFile file(path);
      read_pytorch_bin(file);
    } catch (const ModelError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_THAT(reason("version https://git-lfs.github.com/spec/v1"),
              HasSubstr("not a file that torch.save wrote"));
  EXPECT_THAT(reason(""), HasSubstr("not a file that torch.save wrote"));
  EXPECT_THAT(reason("\x80\x02."), HasSubstr("before torch 1.6"));
  EXPECT_THAT(reason(zip_bytes({{"readme", "x"}})), HasSubstr("no data.pkl"));
  EXPECT_THAT(reason(zip_bytes({{"a/data.pkl", "\x80\x02}."}, {"a/byteorder", "big"}})),
              HasSubstr("big-endian"));
}

}  // namespace
}  // namespace fovea::vision
