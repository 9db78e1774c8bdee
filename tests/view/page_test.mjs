// SPDX-License-Identifier: Apache-2.0
// The page in a real browser, over made-up sources (view_scene) whose squares move as the
// frame's number says. Called by page_test.sh; arguments: view_scene, fovea, a folder to write in.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

import {card, check_painted, finish, lamp, near, open_page, pictured, run} from './browser.mjs';

const [scene_program, fovea, out] = process.argv.slice(2);
mkdirSync(out, {recursive: true});

async function open_scene(sources, ...token) {
  const child = spawn(scene_program, [String(sources), ...token]);
  const lines = createInterface({input: child.stdout});
  const url = await new Promise((resolve) => lines.once('line', resolve));
  return {url, tell: (command) => child.stdin.write(`${command}\n`),
          close: () => { child.stdin.end('quit\n'); return new Promise((r) => child.once('exit', r)); }};
}

/// Where the box lies and where the square is painted, both as shares of the picture, with
/// the frame's number: taken in one go, so that all three are of one frame.
const look = (page, name) => page.evaluate((source) => {
  const element = document.querySelector(`.card[data-source="${source}"]`);
  const canvas = element.querySelector('canvas');
  const row = canvas.getContext('2d').getImageData(0, canvas.height / 2, canvas.width, 1).data;
  const painted = [];
  for (let x = 0; x < canvas.width; ++x) {
    if (row[4 * x] > 150 && row[4 * x + 1] < 110 && row[4 * x + 2] > 130) painted.push(x);
  }
  const stage = element.querySelector('.stage').getBoundingClientRect();
  const box = element.querySelector('.box').getBoundingClientRect();
  return {
    frame: Number(element.dataset.frame), text: element.querySelector('.box').textContent,
    painted: [painted[0] / canvas.width, (painted.at(-1) + 1) / canvas.width],
    box: [(box.left - stage.left) / stage.width, (box.right - stage.left) / stage.width],
    rows: [(box.top - stage.top) / stage.height, (box.bottom - stage.top) / stage.height],
  };
}, name);

const tests = {
  async 'the picture moves, and boxes lie where the record says'(scene) {
    const page = await open_page(scene.url);
    const frames = new Set();
    for (let i = 1; i <= 6; ++i) {
      await pictured(page, 'cam1', 2 * i);
      const seen = await look(page, 'cam1');
      frames.add(seen.frame);
      const left = (40 + seen.frame * 6 % 480) / 640, right = left + 80 / 640;
      near(seen.painted[0], left, 0.01, 'the picture is of the frame that it says');
      near(seen.box[0], left, 0.005, 'left edge');
      near(seen.box[1], right, 0.005, 'right edge');
      near(seen.rows[0], 140 / 360, 0.005, 'top edge');
      near(seen.rows[1], 220 / 360, 0.005, 'bottom edge');
      assert.equal(seen.text, 'square 7 · 93 %');
    }
    assert.ok(frames.size >= 4, `moved through ${frames.size} frames`);
    await page.waitForFunction(() => /Picture of cam1: 1 square/.test(
        document.querySelector('canvas').getAttribute('aria-label') ?? ''));
    assert.deepEqual(page.faults, []);
    await page.context().close();
  },

  async 'the lamp turns red when a source dies, and green when it returns'(scene) {
    const page = await open_page(scene.url);
    await lamp(page, 'cam2', 'good');
    scene.tell('backoff cam2');
    await lamp(page, 'cam2', 'bad');
    const dead = card(page, 'cam2');
    assert.equal(await dead.locator('.state').textContent(), 'Waiting to reconnect');
    assert.match(await dead.locator('.reason').textContent(), /connection refused/);
    await page.waitForFunction(() => document.querySelector('#summary').textContent.includes('cam2: no picture'));
    assert.equal(await card(page, 'cam1').getAttribute('data-lamp'), 'good');
    scene.tell('stall cam2');
    await page.waitForFunction(() => /Stalled/.test(
        document.querySelector('.card[data-source=cam2] .state').textContent));
    scene.tell('run cam2');
    await lamp(page, 'cam2', 'good');
    await page.waitForFunction(() => /4 of 4 sources running/.test(document.querySelector('#summary').textContent));
    assert.deepEqual(page.faults, []);
    await page.context().close();
  },

  async 'figures and events are told'(scene) {
    const page = await open_page(scene.url);
    await pictured(page, 'cam1', 3);
    await page.waitForFunction(() => Number(document.querySelector('[data-figure=fps]').textContent) > 0);
    assert.equal(await card(page, 'cam1').locator('[data-figure=p95]').textContent(), '31 ms');
    await card(page, 'cam1').locator('summary').click();
    assert.match(await card(page, 'cam1').locator('.more').innerText(), /queue \d+, age 0, fps 0/);
    scene.tell('event cam1');
    await page.waitForSelector('#events li');
    assert.match(await page.locator('#events li').first().innerText(), /square 7 crossed road, in/);
    assert.equal(await page.getAttribute('#events', 'aria-live'), 'polite');
    await page.context().close();
  },

  async 'zones are painted with the mouse, and fovea check takes the YAML'(scene) {
    const page = await open_page(scene.url);
    await pictured(page, 'cam2');
    await card(page, 'cam2').locator('.paint').click();
    await page.locator('#shapes li button').first().click();  // the scene's own zone
    const area = await page.locator('#paint-area').boundingBox();
    const click = (x, y) => page.mouse.click(area.x + x * area.width, area.y + y * area.height);
    await click(0.2, 0.3);
    await click(0.6, 0.3);
    await click(0.4, 0.8);
    await click(0.2, 0.3);
    await page.locator('#shapes input').fill('yes');  // a word that YAML takes for a boolean
    await page.locator('input[value=line]').check({force: true});
    await click(0.1, 0.5);
    await click(0.9, 0.5);
    check_yaml(await page.inputValue('#paint-yaml'), {
      zone: [[0.2, 0.3], [0.6, 0.3], [0.4, 0.8]], zone_name: '"yes"', line: [[0.1, 0.5], [0.9, 0.5]]});
    const tip = page.locator('.handles button').first();
    const box = await tip.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(area.x + 0.3 * area.width, area.y + 0.2 * area.height, {steps: 4});
    await page.mouse.up();
    assert.match(await page.inputValue('#paint-yaml'), /polygon: \[\[0\.(29|30?)\d*, 0\.(19|20?)\d*\]/);
    await page.locator('#paint-copy').click();
    await page.waitForFunction(() => document.querySelector('#paint-copied').textContent === 'Copied.');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  },

  async 'zones are painted with keys alone'(scene) {
    const page = await open_page(scene.url);
    await pictured(page, 'cam2');
    for (let i = 0; i < 60; ++i) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => document.activeElement.getAttribute('aria-label'));
      if (at === 'Draw zones on cam2') break;
    }
    await page.keyboard.press('Enter');
    await page.waitForSelector('#painter[open]');
    for (const key of ['Space', 'Shift+ArrowRight', 'Space', 'Shift+ArrowDown', 'ArrowLeft', 'Space', 'Enter']) {
      await page.keyboard.press(key);
    }
    assert.match(await page.textContent('#paint-said'), /zone_1 is drawn, with 3 points/);
    assert.match(await page.inputValue('#paint-yaml'),
                 /name: zone_1, polygon: \[\[0\.5, 0\.5\], \[0\.6, 0\.5\], \[0\.59, 0\.6\]\]/);
    await page.keyboard.press('Space');
    await page.keyboard.press('Escape');
    assert.equal(await page.textContent('#paint-said'), 'Given up.');
    assert.equal(await page.locator('#painter[open]').count(), 1);
    await page.keyboard.press('Escape');
    await page.waitForSelector('#painter:not([open])', {state: 'attached'});
    await page.context().close();
  },

  async 'it fits a phone, in light and in dark'(scene) {
    for (const colorScheme of ['light', 'dark']) {
      const page = await open_page(scene.url, {viewport: {width: 360, height: 740}, colorScheme, hasTouch: true});
      await pictured(page, 'cam4');
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(await wide() <= 360, `${await wide()} px wide`);
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(background, colorScheme === 'dark' ? 'rgb(15, 18, 22)' : 'rgb(246, 247, 249)');
      await page.screenshot({path: join(out, `phone-${colorScheme}.png`)});
      await card(page, 'cam1').locator('.paint').tap();
      await page.waitForSelector('#painter[open]');
      assert.ok(await page.evaluate(() => document.querySelector('#painter').scrollWidth <= 360));
      await page.screenshot({path: join(out, `phone-painter-${colorScheme}.png`)});
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
    const page = await open_page(scene.url, {colorScheme: 'light'});
    await page.click('#theme');
    await page.click('#theme');
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(background, 'rgb(15, 18, 22)', 'dark by the button');
    await page.context().close();
  },

  async 'another site gets nothing'(scene) {
    const site = createServer((_, reply) => reply.end('<title>another site</title>'));
    await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
    const page = await open_page(`http://localhost:${site.address().port}/`);
    const tried = await page.evaluate(async (url) => {
      const read = await fetch(`${url}status.json`).then(() => 'read', () => 'refused');
      const framed = await new Promise((resolve) => {
        const image = new Image();
        image.onload = () => resolve('shown');
        image.onerror = () => resolve('refused');
        image.src = `${url}icon.svg`;
      });
      return [read, framed];
    }, scene.url);
    assert.deepEqual(tried, ['refused', 'refused']);
    await page.context().close();
    site.close();
  },
};

function check_yaml(yaml, wanted) {
  const numbers = (text) => [...text.matchAll(/[\d.]+/g)].map((match) => Number(match[0]));
  const zone = yaml.match(/name: (.*), polygon: (.*)}/), line = yaml.match(/from: (.*)}/);
  assert.ok(zone && line, yaml);
  assert.equal(zone[1], wanted.zone_name);
  numbers(zone[2]).forEach((value, i) => near(value, wanted.zone.flat()[i], 0.01, 'zone'));
  numbers(line[1]).forEach((value, i) => near(value, wanted.line.flat()[i], 0.01, 'line'));
  check_painted(fovea, out, yaml);
}

const scene = await open_scene(4);
for (const [name, test] of Object.entries(tests)) await run(name, () => test(scene));
await scene.close();

await run('a run that ends is told as such', async () => {
  const one = await open_scene(1);
  const page = await open_page(one.url);
  await pictured(page, 'cam1');
  await one.close();
  await page.waitForSelector('#notice:not([hidden])');
  assert.equal(await card(page, 'cam1').getAttribute('data-lamp'), 'off');
  await page.context().close();
});

await run('nine sources show on one connection', async () => {
  const nine = await open_scene(9);
  const page = await open_page(nine.url);
  for (let i = 1; i <= 9; ++i) await pictured(page, `cam${i}`, 2);
  await page.screenshot({path: join(out, 'nine.png')});
  assert.deepEqual(page.faults, []);
  await page.context().close();
  await nine.close();
});

await run('the token opens the page, by the form and by nothing else', async () => {
  const guarded = await open_scene(1, 'correct horse battery');
  const page = await open_page(guarded.url);
  assert.equal(new URL(page.url()).pathname, '/login');
  await page.fill('#token', 'wrong');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#wrong:not([hidden])');
  await page.fill('#token', 'correct horse battery');
  await page.keyboard.press('Enter');
  await pictured(page, 'cam1');
  assert.equal(new URL(page.url()).search, '');
  const cookies = await page.context().cookies();
  assert.equal(cookies.length, 1);
  assert.ok(cookies[0].httpOnly && cookies[0].sameSite === 'Strict' && !/horse/.test(cookies[0].value));
  assert.doesNotMatch(await page.content(), /horse/);
  await page.click('#logout button');
  await page.waitForURL(/login/);
  await page.context().close();
  await guarded.close();
});

await finish();
