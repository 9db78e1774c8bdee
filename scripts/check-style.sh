#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formatting, licence lines, layers, doors, file lengths, tests that nothing runs. Prints every fault.
set -euo pipefail
cd "$(dirname "$0")/.."

faults=0
fault() { echo "$*"; faults=$((faults + 1)); }

# Tracked files, or in a tree without git (a source archive) all files outside build folders.
files() {
  git ls-files -- "$@" 2> /dev/null ||
    find . -path ./build -prune -o -type f -print | sed 's#^\./##'
}
mapfile -t sources < <(files | grep -E '\.(cpp|hpp)$')
mapfile -t licensed < <(files | grep -E '\.(cpp|hpp|comp|glsl|py|sh|cmake)$|CMakeLists\.txt$|^\.ci/')

if command -v clang-format > /dev/null; then
  while read -r file; do fault "$file: not formatted (clang-format -i $file)"; done < <(
    printf '%s\0' "${sources[@]}" | xargs -0 clang-format --dry-run 2>&1 |
      sed -nE 's/^([^:]+):[0-9]+:[0-9]+: warning:.*/\1/p' | sort -u)
else
  echo "style: clang-format is not installed; formatting is not checked"
fi

for file in "${licensed[@]}"; do
  head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' ||
    fault "$file: no SPDX line in the first three lines"
done

for file in "${licensed[@]}"; do
  lines=$(wc -l < "$file")
  [ "$lines" -le 400 ] || fault "$file: $lines lines; more than 400 is two ideas"
done

# A test's file is named in its folder's CMakeLists.txt, or its part of the name where that makes names.
while read -r file; do
  list=$(dirname "$file")/CMakeLists.txt
  name=$(basename "$file")
  grep -qwF "$name" "$list" 2> /dev/null ||
    { grep -qF '}_test.cpp' "$list" && grep -qwF "${name%_test.cpp}" "$list"; } 2> /dev/null ||
    fault "$file: in no CMakeLists.txt, so it never runs"
done < <(printf '%s\n' "${sources[@]}" | grep -E '^tests/.*_test\.cpp$')

cmake -DROOT="$PWD" -P tests/style/layers.cmake || faults=$((faults + 1))

[ $faults = 0 ] || { echo "style: $faults faults"; exit 1; }
echo "style: ${#licensed[@]} files, no faults"
