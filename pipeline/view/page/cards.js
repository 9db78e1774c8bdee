// SPDX-License-Identifier: Apache-2.0
// One card a source: its newest picture, its lamp, its figures.

import {by_id, draw_picture, make, say} from '/dom.js';
import {describe, in_shares, Overlay} from '/overlay.js';

export const kLamps = {
  connecting: 'fair', running: 'good', stalled: 'bad', backoff: 'bad', ended: 'off',
};
const kWords = {
  connecting: 'Connecting', running: 'Running', stalled: 'Stalled', backoff: 'Waiting to reconnect',
  ended: 'Ended',
};
const kDescribeEveryMs = 2000;
const kFpsOverS = 2;

export function duration(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60e3) return `${(ms / 1000).toFixed(ms < 10e3 ? 1 : 0)} s`;
  if (ms < 3600e3) return `${Math.round(ms / 60e3)} min`;
  return `${(ms / 3600e3).toFixed(1)} h`;
}

const count = (number) => number.toLocaleString('en-GB');
const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);

export class Card {
  element = by_id('card').content.firstElementChild.cloneNode(true);
  /// Called with each picture that is drawn: (bitmap, record).
  on_picture = null;
  #stage = this.element.querySelector('.stage');
  #overlay = new Overlay(this.#stage);
  #waiting = null;
  #busy = false;
  #crossed = new Map();
  #described = 0;
  #answers = [];
  #scene = {zones: [], lines: []};
  #size = null;  // of the picture that the scene is drawn for

  constructor(name, on_paint) {
    this.name = name;
    this.element.dataset.source = name;
    const title = this.element.querySelector('h2');
    title.textContent = name;
    title.id = `source-${encodeURIComponent(name)}`;
    this.element.setAttribute('aria-labelledby', title.id);
    const paint = this.element.querySelector('.paint');
    paint.setAttribute('aria-label', `Draw zones on ${name}`);
    paint.addEventListener('click', () => on_paint(this));
  }

  #part(selector) { return this.element.querySelector(selector); }

  set_scene(scene) {
    this.#scene = scene;
    this.#size = null;
  }

  /// The zones and lines of this source; null before the first picture says how large it is.
  get scene() { return this.#size && in_shares(this.#scene, this.name, this.#size); }

  count_crossing(event) {
    const counts = this.#crossed.get(event.where) ?? {in: 0, out: 0};
    if (event.direction in counts) counts[event.direction] = event.count ?? counts[event.direction] + 1;
    this.#crossed.set(event.where, counts);
  }

  /// Draws picture and boxes at once, the newest only: a slow browser skips what came between.
  async show(record, jpeg) {
    this.#waiting = {record, jpeg};
    if (this.#busy) return;
    this.#busy = true;
    while (this.#waiting) {
      const next = this.#waiting;
      this.#waiting = null;
      try {
        const bitmap = await createImageBitmap(new Blob([next.jpeg], {type: 'image/jpeg'}));
        draw_picture(this.#stage, bitmap);
        this.#fit_scene(next.record.size);
        this.#overlay.draw(next.record, this.#crossed);
        this.#after_picture(bitmap, next.record);
        bitmap.close();
      } catch (error) {
        console.error(`the picture of ${this.name} cannot be shown: ${error.message}`);
      }
    }
    this.#busy = false;
  }

  #fit_scene(size) {
    if (this.#size?.[0] === size[0] && this.#size[1] === size[1]) return;
    this.#size = size;
    this.#overlay.set_scene(this.scene);
  }

  #after_picture(bitmap, record) {
    this.element.dataset.frame = record.frame;
    this.element.dataset.pictures = Number(this.element.dataset.pictures ?? 0) + 1;
    this.#part('.paint').disabled = false;
    this.on_picture?.(bitmap, record);
    const now = performance.now();
    if (now - this.#described < kDescribeEveryMs) return;
    this.#described = now;
    this.#stage.querySelector('canvas').setAttribute('aria-label',
                                                     `Picture of ${this.name}: ${describe(record)}`);
  }

  /// `uptime_s` of the run when its figures were taken.
  set_status(source, uptime_s) {
    const lamp = kLamps[source.state];
    this.#light(lamp, kWords[source.state]);
    const reason = this.#part('.reason');
    say(reason, source.reason);
    reason.hidden = !source.reason;
    reason.classList.toggle('past', lamp !== 'bad');
    const running = source.state === 'running';
    const figures = {
      age: duration(source.newest_ms),
      fps: running ? this.#fps(source.answered, uptime_s) : '–',
      p95: duration(source.age_ms.p95),
      dropped: count(sum(source.dropped)),
    };
    for (const [name, text] of Object.entries(figures)) say(this.#part(`[data-figure=${name}]`), text);
    this.#veil(source, lamp);
    this.#list_more(source);
  }

  #light(lamp, words) {
    this.element.dataset.lamp = this.#part('.lamp').dataset.lamp = lamp;
    say(this.#part('.state'), words);
  }

  /// The connection to Fovea is gone: what is shown is old, and nobody knows how the source is.
  lose() {
    this.#light('off', 'Unknown');
    this.#answers = [];
  }

  #veil(source, lamp) {
    const veil = this.#part('.veil');
    const has_picture = 'frame' in this.element.dataset;
    veil.hidden = has_picture && lamp !== 'bad';
    say(veil, has_picture ? `Last picture ${duration(source.newest_ms)} ago`
            : source.state === 'ended' ? 'Ended without a picture' : 'Waiting for the first picture');
  }

  #fps(answered, at_s) {
    this.#answers.push({answered, at_s});
    while (this.#answers.length > 2 && at_s - this.#answers[1].at_s >= kFpsOverS) this.#answers.shift();
    const first = this.#answers[0];
    const elapsed_s = at_s - first.at_s;
    return elapsed_s > 0 ? Math.max(0, (answered - first.answered) / elapsed_s).toFixed(1) : '–';
  }

  #list_more(source) {
    const latency = ['p50', 'p95', 'p99'].map((name) => duration(source.age_ms[name])).join(' / ');
    const dropped = Object.entries(source.dropped).map(([why, n]) => `${why} ${count(n)}`).join(', ');
    const rows = {
      'Captured': count(source.captured),
      'Answered': count(source.answered),
      'Filtered out': count(source.filtered),
      'Failed': count(source.failed),
      'Dropped': dropped,
      'Reconnects': count(source.reconnects),
      'Age at the answer, p50 / p95 / p99': latency,
      'Mode': source.mode || '–',
      'Address': source.address,
    };
    const list = this.#part('.more');
    if (!list.childElementCount) {
      for (const name of Object.keys(rows)) list.append(make('dt', {textContent: name}), make('dd'));
    }
    Object.values(rows).forEach((text, i) => say(list.children[2 * i + 1], text));
  }
}
