// SPDX-License-Identifier: Apache-2.0
#pragma once
// A folder of its own for each test, pictures to put into it, and the built program.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include "pipeline/sinks/json.hpp"
#include "tests/support/places.hpp"
#include "tests/support/subprocess.hpp"

namespace fovea::test {

namespace fs = std::filesystem;
using pipeline::Json;

/// A committed checkpoint of a few hundred kB: random weights, six classes.
inline const fs::path kTinyModel = test::source_dir() / "tests/golden/models/data/vit-plain";
/// The same that finds objects: seven detection tokens, five classes.
inline const fs::path kTinyDetector =
    test::source_dir() / "tests/golden/models/data/yolos-own-grid";

inline std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// The lines of a JSONL text, each parsed: fails the test where one is not whole.
inline std::vector<Json> records_of(const std::string& text) {
  std::vector<Json> records;
  EXPECT_TRUE(text.empty() || text.back() == '\n') << "the last record is torn";
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const Json record = Json::parse(text.substr(begin, end - begin), nullptr, false);
    EXPECT_FALSE(record.is_discarded()) << text.substr(begin, end - begin);
    records.push_back(record);
    begin = end + 1;
  }
  return records;
}

inline std::vector<std::string> sources_of(const std::vector<Json>& records) {
  std::vector<std::string> sources;
  for (const Json& record : records) sources.push_back(record.at("source").get<std::string>());
  return sources;
}

/// What must be the same in two runs: everything but the time it took.
inline std::vector<Json> without_timings(std::vector<Json> records) {
  for (Json& record : records) record.erase("timings_ms");
  return records;
}

class EndToEnd : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) /
              (std::string("fovea-e2e-") + test->test_suite_name() + "-" + test->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// A picture whose pixels depend on `seed`; its format follows the ending.
  fs::path picture(const std::string& name, int seed, int width = 48, int height = 40) {
    cv::Mat image(height, width, CV_8UC3);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        image.at<cv::Vec3b>(y, x) =
            cv::Vec3b(static_cast<uchar>(x * 5 + seed * 37), static_cast<uchar>(y * 5 + seed * 91),
                      static_cast<uchar>((x ^ y) * 4 + seed * 53));
      }
    }
    const fs::path file = folder_ / name;
    fs::create_directories(file.parent_path());
    EXPECT_TRUE(cv::imwrite(file.string(), image)) << file;
    return file;
  }
  void text_file(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  static std::string binary() { return FOVEA_BINARY; }
  /// Options for a run in the test's folder, with a cache that no test shares with a user. What
  /// Mesa compiled stays where it always is: each kernel would be compiled once more.
  ProcessOptions options(const std::string& input = "") const {
    ProcessOptions result;
    result.input = input;
    result.folder = folder_;
    result.environment["XDG_CACHE_HOME"] = (fs::path(testing::TempDir()) / "fovea-cache").string();
    const char* home = std::getenv("HOME");
    if (home != nullptr && std::getenv("MESA_SHADER_CACHE_DIR") == nullptr) {
      result.environment["MESA_SHADER_CACHE_DIR"] = std::string(home) + "/.cache";
    }
    result.environment["NO_COLOR"] = "1";
    result.environment["LC_ALL"] = "C.UTF-8";
    return result;
  }
  ProcessResult fovea(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), binary());
    return run_process(arguments, options(input));
  }
  /// `fovea classify ... -m TINY`.
  ProcessResult classify(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), "classify");
    arguments.insert(arguments.end(), {"-m", kTinyModel.string()});
    return fovea(arguments, input);
  }

  fs::path folder_;
};

/// For tests that run a model. FOVEA_REQUIRE_DEVICE=1 makes a missing device a failure.
class EndToEndOnDevice : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    static const int kDoctor = fovea({"doctor", "--json"}).exit_code;
    if (kDoctor == 0) return;
    const char* required = std::getenv("FOVEA_REQUIRE_DEVICE");
    if (required != nullptr && std::string(required) == "1") {
      FAIL() << "FOVEA_REQUIRE_DEVICE=1 and fovea doctor finds no device";
    }
    GTEST_SKIP() << "no Vulkan device";
  }
};

}  // namespace fovea::test
