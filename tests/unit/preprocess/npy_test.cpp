// SPDX-License-Identifier: Apache-2.0
#include "vision/preprocess/npy.hpp"

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"

namespace fovea::vision {
namespace {

using ::testing::HasSubstr;
using namespace std::literals;

class Npy : public ::testing::Test {
 protected:
  Npy() : folder_(std::filesystem::path(::testing::TempDir()) / "fovea_npy") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~Npy() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file(const std::string& content) const {
    const auto path = folder_ / "a.npy";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  std::string message_of(const std::string& content) const {
    try {
      read_npy(file(content));
    } catch (const ConfigError& error) {
      return error.what();
    }
    return {};
  }

  std::filesystem::path folder_;
};

/// As NumPy writes it.
std::string npy(const std::string& header, const std::string& data) {
  const std::string text = header + "\n";
  return "\x93NUMPY\x01"s + '\0' + static_cast<char>(text.size()) + '\0' + text + data;
}

TEST_F(Npy, ComesBackAsItWasWritten) {
  const std::array<float, 6> values = {0.0f,
                                       -0.0f,
                                       1.5f,
                                       std::numeric_limits<float>::quiet_NaN(),
                                       std::numeric_limits<float>::infinity(),
                                       1e-42f};
  const std::array<std::size_t, 3> shape = {3, 1, 2};
  write_npy(folder_ / "a.npy", values, shape);
  const NpyArray array = read_npy(folder_ / "a.npy");
  EXPECT_EQ(array.shape, (std::vector<std::size_t>{3, 1, 2}));
  EXPECT_EQ(compare(array, {{3, 1, 2}, {values.begin(), values.end()}}).differing, 0u);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.npy.part"));
}

TEST_F(Npy, HasTheBytesNumPyWrites) {
  const std::array<float, 2> values = {1.0f, 2.0f};
  const std::array<std::size_t, 1> shape = {2};
  write_npy(folder_ / "a.npy", values, shape);
  std::ifstream stream(folder_ / "a.npy", std::ios::binary);
  const std::string data{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  header.append(128 - 10 - 1 - header.size(), ' ');
  EXPECT_EQ(data, "\x93NUMPY\x01\0\x76\0"s + header + "\n" + "\0\0\x80\x3F\0\0\0\x40"s);
}

TEST_F(Npy, ReadsBytesAndScalars) {
  const auto bytes =
      read_npy(file(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", "\x01\xFF")));
  EXPECT_EQ(bytes.values, (std::vector<float>{1, 255}));
  const auto scalar = read_npy(
      file(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "\0\0\x80\x3F"s)));
  EXPECT_EQ(scalar.values, std::vector<float>{1});
}

TEST_F(Npy, WhatIsSomethingElseIsRefused) {
  const auto header = [](const std::string& type, const std::string& order,
                         const std::string& shape) {
    return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  };
  EXPECT_THAT(message_of("P6 not numpy"), HasSubstr("no .npy file"));
  EXPECT_THAT(message_of("\x93NUMPY\x02\0\0\0\0\0"s), HasSubstr("version 2"));
  EXPECT_THAT(message_of("\x93NUMPY\x01\0\xFF\xFF{"s), HasSubstr("header is cut short"));
  EXPECT_THAT(message_of(npy(header("<f8", "False", "(1,)"), "12345678")),
              HasSubstr("neither float32 nor bytes"));
  EXPECT_THAT(message_of(npy(header("<f4", "True", "(1,)"), "1234")), HasSubstr("row-major"));
  EXPECT_THAT(message_of(npy(header("<f4", "False", "(2,)"), "1234")),
              HasSubstr("shape (2) does not fit 4 bytes"));
  EXPECT_THAT(message_of(npy(header("<f4", "False", "(x,)"), "1234")),
              HasSubstr("not a list of numbers"));
  EXPECT_THAT(message_of(npy(header("<f4", "False", "(99999999, 99999999, 99999999)"), "1234")),
              HasSubstr("more than 2^31 values"));
  EXPECT_THAT(message_of(npy("{'descr': '<f4', 'fortran_order': False}", "1234")),
              HasSubstr("gives no shape"));
  EXPECT_THROW(read_npy(folder_ / "none.npy"), ConfigError);
}

TEST_F(Npy, EveryCutIsRefused) {
  const std::string whole =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "1234");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(message_of(whole.substr(0, size)), "") << "first " << size << " bytes";
  EXPECT_EQ(message_of(whole), "");
}

TEST_F(Npy, AFileThatCannotBeWrittenIsAnErrorAndLeavesNothing) {
  const std::array<float, 1> values = {1.0f};
  const std::array<std::size_t, 1> shape = {1};
  EXPECT_THROW(write_npy(folder_ / "no" / "such" / "a.npy", values, shape), ConfigError);
  std::filesystem::create_directory(folder_ / "taken");
  EXPECT_THROW(write_npy(folder_ / "taken", values, shape), ConfigError);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "taken.part"));
}

TEST_F(Npy, ComparisonFindsTheLargestDifference) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const NpyDifference difference = compare({{4}, {1, 2, 3, 0.0f}}, {{4}, {1, 2.5f, 5, -0.0f}});
  EXPECT_EQ(difference.differing, 3u) << "0 and -0 have different bits";
  EXPECT_EQ(difference.max_abs, 2.0);
  EXPECT_EQ(difference.at, 2u);
  EXPECT_TRUE(std::isinf(compare({{1}, {nan}}, {{1}, {0}}).max_abs));
  EXPECT_THROW(compare({{1}, {0}}, {{1, 1}, {0}}), ConfigError);
}

}  // namespace
}  // namespace fovea::vision
