// SPDX-License-Identifier: Apache-2.0
// The page: reads the stream, hands each packet to the card it belongs to.

import {Card, duration, kLamps} from '/cards.js';
import {by_id, say} from '/dom.js';
import {add_events} from '/events.js';
import {Painter} from '/painter.js';
import {packets, SignedOut} from '/stream.js';

const kFirstPauseMs = 500, kLongestPauseMs = 8000;
const kHiddenMs = 10_000;  // a page that nobody sees stops watching after this

const cards = new Map();
let scene = {zones: [], lines: []};
let newest_event = 0;
const painter = new Painter();

function card_of(name) {
  if (!cards.has(name)) {
    const card = new Card(name, (chosen) => painter.open(chosen));
    card.set_scene(scene);
    cards.set(name, card);
    by_id('sources').append(card.element);
    by_id('sources').dataset.count = cards.size;
  }
  return cards.get(name);
}

/// As the configuration lists the sources, whichever came with its first picture first.
function keep_order(names) {
  const list = by_id('sources');
  if (names.every((name, i) => list.children[i] === cards.get(name).element)) return;
  list.append(...names.map((name) => cards.get(name).element));
}

function show_summary(status) {
  const sources = status.sources;
  const bad = sources.filter((source) => kLamps[source.state] === 'bad');
  const running = sources.filter((source) => source.state === 'running').length;
  const summary = by_id('summary');
  const plural = sources.length === 1 ? 'source' : 'sources';
  summary.dataset.lamp = status.device_lost || bad.length ? 'bad'
                       : running === sources.length ? 'good' : running ? 'fair' : 'off';
  say(summary.querySelector('span'),
      status.device_lost ? 'The device is lost'
      : bad.length ? `${bad.map((source) => source.name).join(', ')}: no picture`
      : `${running} of ${sources.length} ${plural} running`);
  document.title = bad.length || status.device_lost ? `(!) Fovea` : 'Fovea';
  say(by_id('model'), status.model);
  say(by_id('device'), status.device);
  say(by_id('uptime'), `up ${duration(1000 * status.uptime_s)}`);
}

const handlers = {
  hello({json}) {
    scene = json.scene;
    for (const card of cards.values()) card.set_scene(scene);
  },
  status({json}) {
    for (const source of json.sources) card_of(source.name).set_status(source, json.uptime_s);
    keep_order(json.sources.map((source) => source.name));
    show_summary(json);
  },
  events({json}) {
    // After a lost connection the server tells the last ones again.
    const fresh = json.events.filter((event) => event.number > newest_event);
    for (const event of fresh) {
      newest_event = event.number;
      if (event.event === 'line_cross') card_of(event.source).count_crossing(event);
    }
    add_events(fresh);
  },
  frame({json, jpeg}) { card_of(json.source).show(json.record, jpeg); },
};

function lose(text) {
  const notice = by_id('notice');
  say(notice, text);
  notice.hidden = false;
  by_id('summary').dataset.lamp = 'off';
  say(by_id('summary').querySelector('span'), 'Not connected');
  for (const card of cards.values()) card.lose();
}

let watching = new AbortController();
let hidden_timer = 0;

async function watch_once() {
  watching = new AbortController();
  for await (const packet of packets(watching.signal)) {
    by_id('notice').hidden = true;
    handlers[packet.json.kind]?.(packet);
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const seen = () => document.visibilityState === 'visible' ? Promise.resolve()
    : new Promise((resolve) => document.addEventListener('visibilitychange', resolve, {once: true}));

async function watch() {
  let pause_ms = kFirstPauseMs;
  for (;;) {
    const began = performance.now();
    try {
      await watch_once();
      lose('Fovea ended the connection; trying again.');
    } catch (error) {
      if (error instanceof SignedOut) return location.assign('/login');
      if (watching.signal.aborted) {
        while (document.visibilityState !== 'visible') await seen();
        continue;
      }
      lose(`No connection to Fovea (${error.message}); trying again.`);
    }
    if (performance.now() - began > kLongestPauseMs) pause_ms = kFirstPauseMs;
    await pause(pause_ms);
    pause_ms = Math.min(2 * pause_ms, kLongestPauseMs);
  }
}

document.addEventListener('visibilitychange', () => {
  clearTimeout(hidden_timer);
  if (document.visibilityState !== 'visible') {
    hidden_timer = setTimeout(() => watching.abort(), kHiddenMs);
  }
});

const kThemes = ['auto', 'light', 'dark'];
function set_theme(theme) {
  document.documentElement.dataset.theme = theme;
  by_id('theme').textContent = `Theme: ${theme}`;
  try {
    localStorage.setItem('theme', theme);
  } catch { /* a browser that keeps nothing still changes its colours */ }
}
function stored_theme() {
  try {
    return localStorage.getItem('theme');
  } catch {
    return null;
  }
}
set_theme(kThemes.includes(stored_theme()) ? stored_theme() : 'auto');
by_id('theme').addEventListener('click', () => {
  const now = kThemes.indexOf(document.documentElement.dataset.theme);
  set_theme(kThemes[(now + 1) % kThemes.length]);
});

// A token was asked for: only then is there something to sign out of.
by_id('logout').hidden = !document.documentElement.hasAttribute('data-token');

watch();
