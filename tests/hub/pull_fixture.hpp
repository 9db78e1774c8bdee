// SPDX-License-Identifier: Apache-2.0
#pragma once
// A fake hub, an empty cache and options that keep a test's waits short.

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "pipeline/hub/pull.hpp"
#include "tests/hub/fake_hub.hpp"

namespace fovea::pipeline {

class PullTest : public testing::Test {
 protected:
  void SetUp() override {
    // The machine's proxy must not get between the test and the loopback.
    ::setenv("no_proxy", "127.0.0.1", 1);
    ::unsetenv("HF_TOKEN");
    ::unsetenv("HF_ENDPOINT");
    options_.endpoint = hub_.endpoint();
    options_.cache_root = folder_.path() / "cache";
    options_.backoff = std::chrono::milliseconds(1);
    options_.stall_timeout = std::chrono::seconds(2);
  }

  std::string refusal(const std::string& name = "org/name") {
    try {
      pull(name, options_);
    } catch (const Error& error) {
      return error.what();
    }
    ADD_FAILURE() << name << " was pulled";
    return {};
  }

  std::filesystem::path repository() const { return options_.cache_root / "models--org--name"; }
  std::filesystem::path snapshot() const {
    return repository() / "snapshots" / testing_support::FakeHub::kCommit;
  }
  /// What a tool looks at to tell whether a model is there.
  bool looks_whole() const {
    return std::filesystem::exists(snapshot() / "config.json") ||
           std::filesystem::exists(repository() / "refs" / "main");
  }
  std::filesystem::path incomplete_weights() {
    return repository() / "blobs" /
           (testing_support::sha256_of(
                testing_support::safetensors_bytes(testing_support::tiny_entries())) +
            ".incomplete");
  }

  testing_support::TemporaryFolder folder_;
  testing_support::FakeHub hub_;
  PullOptions options_;
};

}  // namespace fovea::pipeline
