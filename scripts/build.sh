#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configures a preset and builds targets, saying nothing unless there is something to do.
#   scripts/build.sh PRESET ON|OFF [TARGET...]      (ON: with tests and benchmarks)
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1 tests=$2
shift 2
launcher=()
if command -v ccache > /dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  # Another checkout of the same sources finds what this one compiled.
  export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! cmake --preset "$preset" -DFOVEA_BUILD_TESTS="$tests" -DFOVEA_BUILD_BENCH="$tests" \
  "${launcher[@]}" > "$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
targets=()
for target in "$@"; do targets+=(--target "$target"); done
cmake --build --preset "$preset" "${targets[@]}"
