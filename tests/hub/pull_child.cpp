// SPDX-License-Identifier: Apache-2.0
// pull_child ENDPOINT CACHE: pulls org/name, for killed_test.cpp to kill.
#include <cstdio>

#include "compute/error.hpp"
#include "pipeline/hub/pull.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  fovea::pipeline::PullOptions options;
  options.endpoint = argv[1];
  options.cache_root = argv[2];
  try {
    fovea::pipeline::pull("org/name", options);
  } catch (const fovea::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
