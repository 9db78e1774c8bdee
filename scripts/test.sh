#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything and runs the whole test suite on a Vulkan
# device: a GPU, or the software device where there is none.
#   scripts/test.sh [ctest arguments]       FOVEA_DEVICE=NAME takes another device
# Two tests run at a time (-j1: one): a software device compiles its kernels on one core.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh test
scripts/build.sh release ON
FOVEA_REQUIRE_DEVICE=1 ctest --test-dir build/release -j2 --output-on-failure \
  --no-label-summary "$@"
