#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a test of the page in Chromium where the browser, Node.js and playwright-core are there, which
# scripts/setup.sh does not install; else says what is missing and is skipped. To have them:
#   apt-get install chromium nodejs npm && npm install --prefix build/browser playwright-core
#   page_test.sh page_test.mjs|live_page_test.mjs ARGUMENT...
set -euo pipefail
cd "$(dirname "$0")"

skip() { echo "SKIPPED: the page in a browser: $*"; exit 77; }

command -v node > /dev/null || skip "Node.js is not installed"
export FOVEA_CHROMIUM=${FOVEA_CHROMIUM:-/usr/bin/chromium}
[ -x "$FOVEA_CHROMIUM" ] || skip "Chromium is not installed"
export FOVEA_PLAYWRIGHT=${FOVEA_PLAYWRIGHT:-../../build/browser/node_modules/playwright-core}
[ -f "$FOVEA_PLAYWRIGHT/index.js" ] || skip "playwright-core is not in build/browser ($0 says how)"
FOVEA_PLAYWRIGHT=$(realpath "$FOVEA_PLAYWRIGHT")
exec node "$@"
