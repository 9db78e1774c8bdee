// SPDX-License-Identifier: Apache-2.0
// Which device is taken, and what is said of the others: no device needed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/device_impl.hpp"
#include "compute/error.hpp"

namespace fovea::compute {
namespace {

using testing::HasSubstr;

Candidate device(int index, const char* name, DeviceKind kind) {
  Candidate candidate;
  candidate.info.index = index;
  candidate.info.name = name;
  candidate.info.kind = kind;
  candidate.info.driver = "driver 1.0";
  return candidate;
}

std::vector<Candidate> workstation() {
  return {device(0, "llvmpipe (LLVM 15.0.6, 256 bits)", DeviceKind::software),
          device(1, "Intel(R) UHD 770", DeviceKind::integrated),
          device(2, "NVIDIA RTX 4070", DeviceKind::discrete)};
}

std::string refusal(const std::vector<Candidate>& candidates, const std::string& request) {
  try {
    choose(candidates, request);
  } catch (const DeviceError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::device_refused);
    return error.what();
  }
  ADD_FAILURE() << request << " was not refused";
  return {};
}

TEST(DeviceChoice, AutoPrefersDiscreteThenIntegratedThenSoftware) {
  std::vector<Candidate> devices = workstation();
  EXPECT_EQ(choose(devices, "auto").candidate->info.index, 2);
  devices[2].info.refused = "offers Vulkan 1.1.0, Fovea needs 1.2";
  EXPECT_EQ(choose(devices, "auto").candidate->info.index, 1);
  devices[1].info.refused = "has no queue that computes";
  EXPECT_EQ(choose(devices, "auto").candidate->info.index, 0);
}

TEST(DeviceChoice, SaysWhichAndWhy) {
  EXPECT_EQ(choose(workstation(), "auto").sentence,
            "2: NVIDIA RTX 4070 (discrete GPU, driver 1.0), the first discrete GPU of 3 devices");
  EXPECT_EQ(choose({workstation()[0]}, "auto").sentence,
            "0: llvmpipe (LLVM 15.0.6, 256 bits) (software, driver 1.0), the only Vulkan device");
  EXPECT_EQ(
      choose(workstation(), "cpu").sentence,
      "0: llvmpipe (LLVM 15.0.6, 256 bits) (software, driver 1.0), asked for by --device cpu");
}

TEST(DeviceChoice, TakesAnIndexOrAPartOfTheNameInAnyCase) {
  EXPECT_EQ(choose(workstation(), "1").candidate->info.index, 1);
  EXPECT_EQ(choose(workstation(), "rtx").candidate->info.index, 2);
  EXPECT_EQ(choose(workstation(), "LLVMPIPE").candidate->info.index, 0);
}

TEST(DeviceChoice, GpuIsNeverSoftwareAndTheRefusalListsEveryDeviceWithItsReason) {
  const std::string text = refusal({workstation()[0]}, "gpu");
  EXPECT_EQ(text,
            "no Vulkan device fits --device gpu\n"
            "  where: 1 found:\n"
            "    0: llvmpipe (LLVM 15.0.6, 256 bits) (software): is software, not a GPU\n"
            "  fix:   choose one of these by index or name, or --device auto");
}

TEST(DeviceChoice, AnAskedForDeviceIsRefusedRatherThanReplaced) {
  EXPECT_THAT(refusal(workstation(), "7"),
              HasSubstr("2: NVIDIA RTX 4070 (discrete GPU): has index 2"));
  EXPECT_THAT(refusal(workstation(), "radeon"), HasSubstr("its name does not contain 'radeon'"));
  std::vector<Candidate> devices = workstation();
  devices[2].info.refused = "offers Vulkan 1.1.0, Fovea needs 1.2";
  EXPECT_THAT(refusal(devices, "2"), HasSubstr("offers Vulkan 1.1.0, Fovea needs 1.2"));
}

TEST(DeviceChoice, NoDriverAtAllNamesThePackage) {
  EXPECT_THAT(refusal({}, "auto"), HasSubstr("mesa-vulkan-drivers"));
}

}  // namespace
}  // namespace fovea::compute
