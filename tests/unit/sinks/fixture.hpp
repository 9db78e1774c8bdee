// SPDX-License-Identifier: Apache-2.0
#pragma once
// A folder that goes away with the test, and results to write into it.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "pipeline/sinks/sinks.hpp"

namespace fovea::pipeline {

class SinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "fovea-sinks-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  const std::filesystem::path& dir() const { return dir_; }

  static std::string read(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static void write(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  /// Everything in `folder`, sorted: hidden leftovers show up here.
  static std::vector<std::string> list(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::filesystem::path dir_;
};

inline const std::vector<std::string> kLabels = {"bird", "cat", "dog"};

inline Frame make_frame(const std::string& source, std::vector<vision::Label> labels) {
  Frame frame;
  frame.tag.source = source;
  frame.path = source;
  frame.width_px = 640;
  frame.height_px = 480;
  frame.labels = std::move(labels);
  frame.timings = {1.5, 0.25, 12.125};
  return frame;
}

inline Frame cat_frame(const std::string& source = "photos/cat.jpg") {
  return make_frame(source, {{1, "cat", 0.93f}, {2, "dog", 0.05f}, {0, "bird", 0.02f}});
}

inline Failure make_failure(const std::string& source, const std::string& reason) {
  Failure failure;
  failure.tag.source = source;
  failure.path = source;
  failure.stage = "decode";
  failure.reason = reason;
  failure.bytes = 1536;
  return failure;
}

inline RunIdentity make_identity() {
  RunIdentity identity;
  identity.fovea_version = "0.1.0";
  identity.model = "tiny-vit";
  identity.model_folder = "models/tiny-vit";
  identity.model_sha256 = "ab12";
  identity.device = "test device";
  identity.driver = "test driver 1";
  identity.device_uuid = "00-11";
  identity.precision = "fp16";
  identity.precision_why = "auto: the file's weights fit fp16";
  identity.batch = 8;
  identity.decode = "fast";
  identity.opencv_version = "4.6.0";
  identity.config_yaml = "version: 1\nsource: photos\n";
  identity.started_utc = "2026-03-01T12:34:56Z";
  return identity;
}

}  // namespace fovea::pipeline
