// SPDX-License-Identifier: Apache-2.0
// The page of a real run: fovea detect on a camera with a password, made of the sample photographs,
// with random weights. Called by page_test.sh; arguments: fovea, a folder to write in.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';

import {card, check_painted, finish, kRoot, lamp, near, open_page, pictured, run} from './browser.mjs';

const [fovea, out] = process.argv.slice(2);
rmSync(out, {recursive: true, force: true});
mkdirSync(out, {recursive: true});
const kSecret = 'hunter2', kEveryMs = 150;

/// JPEGs over HTTP, one after another, for whoever knows the password.
class Camera {
  #samples = join(kRoot, 'datasets/samples');
  #pictures = readdirSync(this.#samples).filter((name) => name.endsWith('.jpg'))
      .map((name) => readFileSync(join(this.#samples, name)));
  #server = null;
  #viewers = new Set();
  port = 0;

  async come_up() {
    this.#server = createServer((request, reply) => this.#serve(request, reply));
    await new Promise((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
  }
  go_down() {
    for (const viewer of this.#viewers) viewer.destroy();
    return new Promise((resolve) => this.#server.close(resolve));
  }
  #serve(request, reply) {
    const right = `Basic ${Buffer.from(`viewer:${kSecret}`).toString('base64')}`;
    if (request.headers.authorization !== right) {
      reply.writeHead(401, {'WWW-Authenticate': 'Basic realm="camera"'});
      return reply.end();
    }
    reply.writeHead(200, {'Content-Type': 'multipart/x-mixed-replace; boundary=frame'});
    this.#viewers.add(reply.socket);
    let i = 0;
    const timer = setInterval(() => {
      const jpeg = this.#pictures[i++ % this.#pictures.length];
      reply.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
      reply.write(jpeg);
      reply.write('\r\n');
    }, kEveryMs);
    reply.on('close', () => {
      clearInterval(timer);
      this.#viewers.delete(reply.socket);
    });
  }
}

const camera = new Camera();
await camera.come_up();
const address = `http://viewer:${kSecret}@127.0.0.1:${camera.port}/video.mjpg`;
const name = `http://***:***@127.0.0.1:${camera.port}/video.mjpg`;  // as it is shown
const records = join(out, 'r.jsonl');
const process_ = spawn(fovea, [
  'detect', address, '-m', join(kRoot, 'tests/golden/models/data/yolos-own-grid'), '--min-score', '0',
  '--no-tune', '-o', records, '--set', 'source.reconnect={initial: 100ms, max: 500ms}', '--view', '127.0.0.1:0',
]);
const ended = new Promise((resolve) => process_.once('exit', resolve));
let said = '';
const url = await new Promise((resolve, reject) => {
  process_.stderr.on('data', (data) => {
    said += data;
    const found = /page: (\S+)\n/.exec(said);
    if (found) resolve(found[1]);
  });
  ended.then((code) => reject(new Error(`fovea ended with ${code}: ${said}`)));
});
const page = await open_page(url);
const everything = [];
page.on('response', async (answer) => {
  if (!answer.url().endsWith('/stream')) everything.push(await answer.text().catch(() => ''));
});

/// The boxes on the page as [left, top, right, bottom] in shares of the picture, and the picture's
/// brightness, all of one frame.
const look = () => page.evaluate(() => {
  const element = document.querySelector('.card');
  const canvas = element.querySelector('canvas');
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let sum = 0;
  for (let i = 0; i < pixels.length; i += 400) sum += pixels[i];
  const stage = element.querySelector('.stage').getBoundingClientRect();
  const boxes = [...element.querySelectorAll('.box:not([hidden])')].map((box) => {
    const {left, top, right, bottom} = box.getBoundingClientRect();
    return [(left - stage.left) / stage.width, (top - stage.top) / stage.height,
            (right - stage.left) / stage.width, (bottom - stage.top) / stage.height];
  });
  return {frame: Number(element.dataset.frame), brightness: Math.round(sum), boxes};
});

await run('the picture moves, and boxes lie where the records say', async () => {
  const seen = [];
  for (let i = 1; i <= 8; ++i) {
    await pictured(page, name, 2 * i);
    seen.push(await look());
  }
  assert.ok(new Set(seen.map((shown) => shown.brightness)).size >= 3, 'several pictures');
  const frames = new Map(readFileSync(records, 'utf8').split('\n').slice(0, -1)
      .map((line) => JSON.parse(line)).map((record) => [record.frame, record]));
  let compared = 0;
  for (const {frame, boxes} of seen) {
    const record = frames.get(frame);
    if (!record) continue;  // not yet written
    assert.equal(boxes.length, record.objects.length);
    const [width, height] = record.size;
    record.objects.forEach(({box: [x1, y1, x2, y2]}, i) => {
      const wanted = [x1 / width, y1 / height, x2 / width, y2 / height];
      // A box is drawn with a border of two pixels, which is the least that there is of it.
      wanted.forEach((value, side) => near(boxes[i][side], value, 0.012, `frame ${frame}, box ${i}`));
      ++compared;
    });
  }
  assert.ok(compared >= 14, `${compared} boxes compared`);
});

await run('the lamp turns red when the camera dies, and green when it returns', async () => {
  await lamp(page, name, 'good');
  await camera.go_down();
  await lamp(page, name, 'bad');
  assert.match(await card(page, name).locator('.reason').textContent(), /\S/);
  everything.push(await page.content());
  await camera.come_up();
  await lamp(page, name, 'good');
  await pictured(page, name, 30);
});

await run('zones drawn on it pass fovea check', async () => {
  await card(page, name).locator('.paint').click();
  const area = await page.locator('#paint-area').boundingBox();
  for (const [x, y] of [[0.2, 0.3], [0.6, 0.3], [0.4, 0.8], [0.2, 0.3]]) {
    await page.mouse.click(area.x + x * area.width, area.y + y * area.height);
  }
  const yaml = await page.inputValue('#paint-yaml');
  assert.match(yaml, /zone_1/);
  check_painted(fovea, out, yaml);
  await page.locator('#painter-close').click();
});

await run('no password is in anything that comes out', async () => {
  for (const path of ['status.json', 'metrics', 'healthz']) {
    everything.push(await (await fetch(url + path)).text());
  }
  everything.push(await page.content());
  assert.deepEqual(page.faults, []);
  process_.kill('SIGINT');
  assert.equal(await ended, 130);
  await page.waitForSelector('#notice:not([hidden])');
  for (const file of ['r.jsonl', 'manifest.json']) everything.push(readFileSync(join(out, file), 'utf8'));
  const all = everything.join('\n') + said;
  assert.match(all, /\*\*\*:\*\*\*@127\.0\.0\.1/);
  assert.ok(!all.includes(kSecret), 'the password is told');
});

process_.kill('SIGKILL');
await camera.go_down();
await finish();
