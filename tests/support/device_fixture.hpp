// SPDX-License-Identifier: Apache-2.0
#pragma once
// The device that device tests share: opened once per process with validation on. Any
// validation message fails the test that caused it.
//
// FOVEA_DEVICE          which device, as --device takes it (default auto)
// FOVEA_REQUIRE_DEVICE  1: no device is a failure, not a skip

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/device.hpp"
#include "compute/error.hpp"

namespace fovea::test {

/// Opens the device before the first test and closes it after the last, while the driver
/// is still loaded.
class DeviceEnvironment : public ::testing::Environment {
 public:
  void TearDown() override { device().reset(); }

  /// The device, or null with the reason in `refused()`.
  static compute::Device* open() {
    static bool tried = false;
    if (!std::exchange(tried, true)) {
      const char* request = std::getenv("FOVEA_DEVICE");
      compute::DeviceOptions options;
      if (request != nullptr) options.request = request;
      options.validate = true;
      try {
        device() = std::make_unique<compute::Device>(options);
      } catch (const Error& error) {
        refused() = error.what();
      }
    }
    return device().get();
  }
  static std::string& refused() {
    static std::string reason;
    return reason;
  }

 private:
  static std::unique_ptr<compute::Device>& device() {
    static std::unique_ptr<compute::Device> instance;
    return instance;
  }
};

inline ::testing::Environment* const kDeviceEnvironment =
    ::testing::AddGlobalTestEnvironment(new DeviceEnvironment);

class DeviceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (DeviceEnvironment::open() != nullptr) {
      messages_before_ = device().validation_messages().size();
      return;
    }
    const char* require = std::getenv("FOVEA_REQUIRE_DEVICE");
    if (require != nullptr && std::string_view(require) == "1") {
      FAIL() << DeviceEnvironment::refused();
    }
    GTEST_SKIP() << DeviceEnvironment::refused();
  }

  void TearDown() override {
    if (DeviceEnvironment::open() == nullptr) return;
    const std::vector<std::string> messages = device().validation_messages();
    EXPECT_THAT(std::vector<std::string>(messages.begin() + static_cast<long>(messages_before_),
                                         messages.end()),
                ::testing::IsEmpty());
  }

  static compute::Device& device() { return *DeviceEnvironment::open(); }

 private:
  std::size_t messages_before_ = 0;
};

}  // namespace fovea::test
