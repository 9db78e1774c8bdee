#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a fresh machine to answers: installs what is missing, builds, classifies a folder.
#   scripts/demo.sh [FOLDER]        default: the photographs in datasets/samples
# Leaves a table on the terminal and, in out/demo, results.jsonl and summary.html.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(realpath "${1:-$here/datasets/samples}")
cd "$here"

scripts/setup.sh run
scripts/build.sh release OFF fovea

mkdir -p out/demo
build/release/fovea classify "$folder" -o out/demo/results.jsonl -o out/demo/summary.html
echo
echo "records: out/demo/results.jsonl"
echo "page:    out/demo/summary.html"
