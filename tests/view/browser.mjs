// SPDX-License-Identifier: Apache-2.0
// What the browser tests share: Chromium, a page in it, and how its cards are found.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const {chromium} = createRequire(import.meta.url)(process.env.FOVEA_PLAYWRIGHT);
export const kRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const kPatienceMs = 60_000;  // only bounds a hang

const browser = await chromium.launch({
  executablePath: process.env.FOVEA_CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

export async function open_page(url, options = {}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(kPatienceMs);
  page.faults = [];
  page.on('console', (message) => {
    if (message.type() === 'error') page.faults.push(message.text());
  });
  page.on('pageerror', (error) => page.faults.push(error.message));
  await page.goto(url);
  return page;
}

export const card = (page, name) => page.locator(`.card[data-source="${name}"]`);
export const pictured = (page, name, count = 1) => page.waitForFunction(
    ([source, least]) => Number(document.querySelector(`.card[data-source="${source}"]`)
        ?.dataset.pictures ?? 0) >= least, [name, count]);
export const lamp = (page, name, value) => page.waitForSelector(
    `.card[data-source="${name}"][data-lamp="${value}"]`);

export const near = (a, b, within, what) =>
    assert.ok(Math.abs(a - b) <= within, `${what}: ${a} is not within ${within} of ${b}`);

/// The zones that the painter wrote, in a configuration that is whole but for them, must pass
/// `fovea check`.
export function check_painted(fovea, out, yaml) {
  const file = join(out, 'painted.yaml');
  const stages = `  - detect: {model: ${join(kRoot, 'tests/golden/models/data/yolos-own-grid')}}\n` +
                 `  - track: {}\n${yaml.replace(/^/gm, '  ').trimEnd()}\n`;
  writeFileSync(file, `version: 1\nsource: ${join(kRoot, 'datasets/samples')}\nstages:\n${stages}`);
  const {status, stdout, stderr} = spawnSync(fovea, ['check', file], {encoding: 'utf8'});
  assert.equal(status, 0, stdout + stderr);
}

let failed = 0;
export async function run(name, test) {
  try {
    await test();
    console.log(`ok      ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}

/// Closes the browser and ends the program: well, where every run() was.
export async function finish() {
  await browser.close();
  process.exit(failed ? 1 : 0);
}
