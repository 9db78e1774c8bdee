// SPDX-License-Identifier: Apache-2.0
#include "tests/support/places.hpp"

#include <cstdlib>

namespace fovea::test {

std::filesystem::path source_dir() { return FOVEA_TEST_SOURCE_DIR; }
std::filesystem::path binary_dir() { return FOVEA_TEST_BINARY_DIR; }

std::filesystem::path shared_data_dir() {
  const char* named = std::getenv("FOVEA_DATA");
  return named != nullptr ? std::filesystem::path(named) : source_dir() / "../shared/datasets";
}

}  // namespace fovea::test
