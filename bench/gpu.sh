#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fovea on one GPU, in one call: builds compute/ alone, holds every variant against the fp32
# path, measures, compares with PyTorch where it is installed, prints a short table last.
#
#   bench/gpu.sh                  build into build/compute, then measure
#   bench/gpu.sh --quick          tiny sizes: a dry run, on a software device too
#   bench/gpu.sh --pack DIR       build here and gather what a machine without a network needs:
#                                 the programs and the Vulkan loader, some megabytes in all
#   DIR/gpu.sh --packed           measure there with what DIR holds, building nothing
#
# Needs to build: a C++20 compiler, CMake, Ninja, Vulkan headers and loader, fmt, and a shader
# compiler; FOVEA_GLSL_COMPILER names a newer glslc or glslang than the one found, so that the
# kernels for cooperative matrices are built. Needs to run: a Vulkan driver.
# Writes gpu.json, torch.json and the logs below $OUT (default: the current folder).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${OUT:-.}
quick='' pack='' packed=''
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=--quick ;;
    --packed) packed=yes ;;
    --pack) pack=${2:?--pack needs a folder}; shift ;;
    *) echo "gpu.sh: unknown argument '$1'; its first lines say what there is" >&2; exit 1 ;;
  esac
  shift
done
mkdir -p "$out"

build() {
  root=$(cd "$here/.." && pwd)
  build=${FOVEA_BUILD_DIR:-$root/build/compute}
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DFOVEA_ONLY_COMPUTE=ON \
    -DFOVEA_BUILD_TESTS=OFF -DFOVEA_BUILD_BENCH=ON \
    -DCMAKE_EXE_LINKER_FLAGS='-static-libgcc -static-libstdc++' \
    ${FOVEA_GLSL_COMPILER:+"-DFOVEA_GLSL_COMPILER=$FOVEA_GLSL_COMPILER"}
  cmake --build "$build" --target bench_gpu
  program=$build/bench/gpu/bench_gpu
}

# A library that the program loads here, by the start of its name.
library() { ldd "$program" | awk -v name="$1" 'index($1, name) == 1 { print $3; exit }'; }

if [ -n "$pack" ]; then
  build
  mkdir -p "$pack/lib"
  cp "$program" "$here/gpu.sh" "$here/gpu_torch.py" "$pack/"
  for name in libvulkan libfmt; do
    path=$(library $name)
    if [ -n "$path" ]; then cp -L "$path" "$pack/lib/$(basename "$path")"; fi
  done
  du -sh "$pack"
  exit 0
fi

if [ -n "$packed" ]; then
  program=$here/bench_gpu
  LD_LIBRARY_PATH=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
  torch=$here/gpu_torch.py
else
  build > "$out/build.log" 2>&1 || { tail -n 30 "$out/build.log"; exit 1; }
  grep 'left out' "$out/build.log" || true
  torch=$here/gpu_torch.py
fi

# Drivers of NVIDIA in a container often leave their description where no loader looks.
nvidia=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
if [ -z "${VK_DRIVER_FILES:-}" ] && [ -f "$nvidia" ]; then
  VK_DRIVER_FILES=$nvidia VK_ICD_FILENAMES=$nvidia
  export VK_DRIVER_FILES VK_ICD_FILENAMES
fi

result=0
if python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2> /dev/null; then
  python3 "$torch" "$out/torch.json" $quick || result=$?
else
  echo 'PyTorch: not run (no PyTorch that sees a GPU)'
fi
"$program" "$out/gpu.json" $quick || result=$?
exit $result
