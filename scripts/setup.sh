#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what Fovea needs to build and run, on Debian 12 and 13 and Ubuntu 24.04.
#   scripts/setup.sh [run|test|ci]
# run: build and run (default); test: also the test suite; ci: also the style checks.
# Does nothing when everything is there. Without root or sudo it says what to ask for.
set -euo pipefail

scope=${1:-run}

packages=(g++ cmake ninja-build pkg-config ca-certificates glslc libvulkan-dev mesa-vulkan-drivers
  libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev libopencv-videoio-dev
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev
  libyaml-cpp-dev nlohmann-json3-dev libcli11-dev libfmt-dev libcurl4-openssl-dev libpugixml-dev
  libmicrohttpd-dev)
rtsp=(python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good)
case $scope in
  run) ;;
  test) packages+=("${rtsp[@]}" libgtest-dev libgmock-dev libbenchmark-dev vulkan-validationlayers) ;;
  ci) packages+=("${rtsp[@]}" libgtest-dev libgmock-dev libbenchmark-dev vulkan-validationlayers
        clang-format ccache debootstrap git) ;;
  *) echo "setup: unknown scope '$scope'; fix: run, test or ci" >&2; exit 1 ;;
esac

say() { printf 'setup: %s\n' "$*"; }

if ! command -v apt-get > /dev/null; then
  say "this system has no apt-get; going on with what is installed."
  say "Fovea needs: CMake 3.25, Ninja, GCC 12 or clang 14, glslc, a Vulkan loader and driver,"
  say "OpenCV (core imgproc imgcodecs videoio), FFmpeg's libraries, yaml-cpp, nlohmann-json, CLI11,"
  say "fmt, libcurl, pugixml, GNU libmicrohttpd; for spectral stages VkFFT 1.3.4 and glslang."
  exit 0
fi

installed() { [ "$(dpkg-query -W -f '${Status}' "$1" 2> /dev/null)" = "install ok installed" ]; }

# One word per source line "URI suite", from both forms of apt's source files.
apt_sources() {
  local files=(/etc/apt/sources.list /etc/apt/sources.list.d/*.list) file
  for file in "${files[@]}"; do
    [ -f "$file" ] || continue
    sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+) +([^ ]+).*/\2 \3/p' "$file"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    awk '/^URIs:/ {u = $2} /^Suites:/ {for (i = 2; i <= NF; i++) print u, $i}' "$file"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
can_be_root() {
  [ "$(id -u)" = 0 ] && return 0
  command -v sudo > /dev/null || return 1
  sudo -n true 2> /dev/null || [ -t 0 ]
}

codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")

missing=()
for package in "${packages[@]}"; do installed "$package" || missing+=("$package"); done

if [ ${#missing[@]} -gt 0 ]; then
  if ! can_be_root; then
    say "these packages are missing, and there is neither root nor sudo to install them:" >&2
    printf '  %s\n' "${missing[*]}" >&2
    printf '  fix:   ask your administrator for: apt-get install --no-install-recommends %s\n' \
      "${missing[*]}" >&2
    exit 1
  fi
  say "installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" > /dev/null
fi

# Installs packages of Debian 12's backports. The extra source is used for this one installation and
# not added to the system.
from_backports() {
  local mirror work
  mirror=$(apt_sources | awk '$2 == "bookworm" {print $1; exit}')
  [ -n "$mirror" ] || { say "found no bookworm mirror in the apt sources."; return 1; }
  work=$(mktemp -d)
  apt_sources | sed 's/^/deb /; s/$/ main/' | grep ' bookworm' > "$work/sources.list"
  echo "deb $mirror bookworm-backports main" >> "$work/sources.list"
  local options=(-qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o APT::Get::List-Cleanup=0)
  chmod 755 "$work"
  as_root apt-get "${options[@]}" update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install -y \
      --no-install-recommends -t bookworm-backports "$@" > /dev/null
  local result=$?
  rm -rf "$work"
  return $result
}

# Debian 12's own Mesa 22.3 works; its backports bring a software device two to four times as fast.
if [ "$codename" = bookworm ]; then
  mesa=$(dpkg-query -W -f '${Version}' mesa-vulkan-drivers)
  if dpkg --compare-versions "$mesa" lt 24; then
    if [ "${FOVEA_KEEP_MESA:-}" = 1 ]; then
      say "keeping Mesa $mesa, as FOVEA_KEEP_MESA=1 asks."
    elif can_be_root && from_backports mesa-vulkan-drivers; then
      say "Mesa $(dpkg-query -W -f '${Version}' mesa-vulkan-drivers) from the distribution's backports."
    else
      say "could not take a newer Mesa from the backports; going on with Mesa $mesa (slower without a GPU)."
    fi
  fi
fi

# The spectral stages need VkFFT 1.3.4; Debian 12 has it in its backports alone. Everything else is
# built without it where the distribution has none.
vkfft_is_there() {
  installed glslang-dev && installed libvkfft-dev &&
    dpkg --compare-versions "$(dpkg-query -W -f '${Version}' libvkfft-dev)" ge 1.3.4
}
install_vkfft() {
  if [ "$codename" = bookworm ]; then
    from_backports libvkfft-dev glslang-dev
    return
  fi
  local candidate
  candidate=$(apt-cache policy libvkfft-dev 2> /dev/null | awk '/Candidate:/ {print $2}')
  [ -n "$candidate" ] && dpkg --compare-versions "$candidate" ge 1.3.4 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      libvkfft-dev glslang-dev > /dev/null
}
if ! vkfft_is_there; then
  if can_be_root && install_vkfft; then
    say "VkFFT $(dpkg-query -W -f '${Version}' libvkfft-dev) for the spectral stages."
  else
    say "could not install VkFFT 1.3.4 (libvkfft-dev, glslang-dev); building without spectral stages."
  fi
fi
