// SPDX-License-Identifier: Apache-2.0
// What lies over a picture: boxes of the record that belongs to it, zones and lines.

import {make, make_shape, middle_of, place} from '/dom.js';

// Okabe and Ito's colours, which people who see few colours can tell apart.
const kColours = [['#e69f00', '#15181d'], ['#56b4e9', '#15181d'], ['#009e73', '#fff'],
                  ['#f0e442', '#15181d'], ['#0072b2', '#fff'], ['#d55e00', '#fff'],
                  ['#cc79a7', '#15181d']];
const kMostBoxes = 200;

const percent = (score) => `${Math.round(100 * score)} %`;

function title_of(object) {
  const track = object.track === undefined ? '' : ` ${object.track}`;
  const label = object.labels?.length ? ` · ${object.labels[0].name}` : '';
  return `${object.name}${track}${label} · ${percent(object.score)}`;
}

/// "2 person, 1 car": for people who do not see the picture.
export function describe(record) {
  const counts = new Map();
  for (const object of record.objects ?? []) {
    counts.set(object.name, (counts.get(object.name) ?? 0) + 1);
  }
  const objects = [...counts].map(([name, count]) => `${count} ${name}`);
  const best = record.labels?.[0];
  if (best) objects.unshift(`${best.name}, ${percent(best.score)}`);
  return objects.length ? objects.join(', ') : 'nothing found';
}

/// What of the server's scene belongs to `source`, with pixels turned into shares of `size`.
export function in_shares(scene, source, size) {
  const ours = (shape) => shape.source === undefined || shape.source === source;
  const share = (shape) => ([x, y]) => shape.pixels ? [x / size[0], y / size[1]] : [x, y];
  return {
    zones: scene.zones.filter(ours).map(
        (zone) => ({name: zone.name, polygon: zone.polygon.map(share(zone))})),
    lines: scene.lines.filter(ours).map(
        (line) => ({name: line.name, from: share(line)(line.from), to: share(line)(line.to)})),
  };
}

export class Overlay {
  #marks;
  #shapes;
  #boxes = [];
  #tags = [];
  #label = make('div', {className: 'label', hidden: true});

  constructor(stage) {
    this.#marks = stage.querySelector('.marks');
    this.#shapes = stage.querySelector('.shapes');
    this.#marks.append(this.#label);
  }

  /// `scene` as in_shares() gives it.
  set_scene({zones, lines}) {
    this.#shapes.replaceChildren();
    for (const {tag} of this.#tags) tag.remove();
    this.#tags = [];
    const add = (kind, name, points, at) => {
      this.#shapes.append(make_shape(points, kind === 'zone'));
      const tag = place(make('span', {className: 'tag', textContent: name}), at);
      this.#marks.append(tag);
      this.#tags.push({kind, name, tag});
    };
    for (const zone of zones) add('zone', zone.name, zone.polygon, middle_of(zone.polygon));
    // Not in the middle, where a zone's name is likely to be.
    for (const {name, from, to} of lines) {
      add('line', name, [from, to], from.map((value, i) => value + (to[i] - value) / 5));
    }
  }

  /// `crossed` maps a line's name to {in, out}.
  draw(record, crossed) {
    const objects = (record.objects ?? []).slice(0, kMostBoxes);
    const [width, height] = record.size;
    objects.forEach((object, i) => this.#draw_box(i, object, width, height));
    this.#boxes.forEach((box, i) => { box.hidden = i >= objects.length; });
    const best = record.labels?.[0];
    this.#label.hidden = !best;
    if (best) this.#label.textContent = `${best.name} · ${percent(best.score)}`;
    for (const {kind, name, tag} of this.#tags) {
      const inside = objects.filter((object) => object.zones?.includes(name)).length;
      const counts = crossed.get(name);
      if (kind === 'zone') tag.textContent = inside ? `${name} · ${inside}` : name;
      if (kind === 'line' && counts) tag.textContent = `${name} · in ${counts.in}, out ${counts.out}`;
    }
  }

  #draw_box(i, object, width, height) {
    const box = this.#boxes[i] ??= this.#new_box();
    const [x1, y1, x2, y2] = object.box;
    const [mark, on_mark] = kColours[object.id % kColours.length];
    place(box, [x1 / width, y1 / height]);
    box.style.width = `${100 * (x2 - x1) / width}%`;
    box.style.height = `${100 * (y2 - y1) / height}%`;
    box.style.setProperty('--mark', mark);
    box.style.setProperty('--on-mark', on_mark);
    // A title beyond the picture's edges would be cut off.
    box.classList.toggle('high', y1 / height < 0.06);
    box.classList.toggle('late', (x1 + x2) / (2 * width) > 0.6);
    box.firstChild.textContent = title_of(object);
  }

  #new_box() {
    const box = make('div', {className: 'box'}, make('span'));
    this.#marks.append(box);
    return box;
  }
}
