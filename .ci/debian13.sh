#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs scripts/demo.sh (twice: the second must build nothing) and scripts/test.sh as a new
# user would, in a Debian 13 root made for the purpose. Skips, and says so, where
# debootstrap cannot run.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)

skip() { echo "SKIPPED: the README on a fresh Debian 13: $*"; exit 0; }

[ "$(id -u)" = 0 ] || skip "needs root"
command -v debootstrap > /dev/null || skip "debootstrap is not installed"
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources \
  2> /dev/null | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ') || true
[ -n "$mirror" ] || skip "no Debian mirror in the apt sources"

root=$(mktemp -d /var/tmp/fovea-debian13.XXXXXX)
unmount() { for at in proc dev; do umount -R -l "$root/$at" 2> /dev/null || true; done; }
trap 'unmount; rm -rf --one-file-system "$root"' EXIT
debootstrap --variant=minbase trixie "$root" "$mirror" > "$root.log" 2>&1 ||
  { tail -n 5 "$root.log"; rm -f "$root.log"; skip "debootstrap failed, see above"; }
rm -f "$root.log"
mkdir -p "$root/src/fovea" "$root/src/shared"
{ mount --rbind --make-rslave /dev "$root/dev" && mount -t proc proc "$root/proc"; } ||
  skip "mounting is not allowed"
cp /etc/resolv.conf "$root/etc/resolv.conf"
git -C "$here" archive HEAD | tar -x -C "$root/src/fovea"
# Copied, not mounted: what is removed afterwards is the root's own.
if [ -d "$here/../shared/datasets" ]; then cp -r "$here/../shared/datasets" "$root/src/shared/"; fi

inside() {
  chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    CCACHE_DIR=/var/cache/fovea-ci/ccache MESA_SHADER_CACHE_DIR=/var/cache/fovea-ci "$@"
}
# What was compiled, kernels too, is kept beside the host's caches: the next run on this machine
# compiles what changed.
kept=${XDG_CACHE_HOME:-$HOME/.cache}/fovea-ci/trixie
mkdir -p "$kept"
cp -r "$kept" "$root/var/cache/fovea-ci"
keep() {
  rm -rf "$kept.new" && cp -r "$root/var/cache/fovea-ci" "$kept.new" &&
    rm -rf "$kept" && mv "$kept.new" "$kept"
}
inside apt-get -qq update
inside apt-get -qq install -y --no-install-recommends ccache > /dev/null

inside /src/fovea/scripts/demo.sh
second=$(inside /src/fovea/scripts/demo.sh)
grep -q 'no work to do' <<< "$second" ||
  { echo "the second scripts/demo.sh built something again:"; echo "$second"; exit 1; }
inside test -s /src/fovea/out/demo/results.jsonl
inside test -s /src/fovea/out/demo/summary.html
inside /src/fovea/scripts/test.sh || { status=$?; keep; exit "$status"; }
keep
