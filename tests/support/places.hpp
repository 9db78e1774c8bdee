// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the sources and the build lie. Only places.cpp is compiled with these paths, so that a
// compiler cache serves every checkout.

#include <filesystem>

namespace fovea::test {

std::filesystem::path source_dir();
std::filesystem::path binary_dir();
/// Data from outside the project: $FOVEA_DATA, or ../shared/datasets beside the sources. May not
/// exist.
std::filesystem::path shared_data_dir();

}  // namespace fovea::test
