// SPDX-License-Identifier: Apache-2.0
// Shapes as they are drawn, and as YAML. Knows no document.

const kDigits = 4;
// Words that YAML takes for something else than text.
const kNotText = /^(true|false|yes|no|on|off|y|n|null)$/i;
const kPlain = /^[A-Za-z_](?:[A-Za-z0-9_ -]*[A-Za-z0-9_-])?$/;

const number = (value) => String(Number(value.toFixed(kDigits)));
const pair = ([x, y]) => `[${number(x)}, ${number(y)}]`;
const text = (name) => kPlain.test(name) && !kNotText.test(name) ? name : JSON.stringify(name);

export const within = ([x, y]) => [x, y].map((value) => Math.min(1, Math.max(0, value)));

export class Drawing {
  shapes = [];       // {kind: 'zone' | 'line', name, points: [[x, y], ...]}, finished
  points = [];       // of the shape that is being drawn
  kind = 'zone';

  static of({zones, lines}) {
    const drawing = new Drawing();
    for (const {name, polygon} of zones) drawing.shapes.push({kind: 'zone', name, points: polygon});
    for (const {name, from, to} of lines) drawing.shapes.push({kind: 'line', name, points: [from, to]});
    return drawing;
  }

  get needs() { return this.kind === 'line' ? 2 : 3; }
  get can_finish() { return this.points.length >= this.needs; }

  /// True where the shape is finished by it: a line's second point.
  add(point) {
    this.points.push(within(point));
    return this.kind === 'line' && this.points.length === 2 && Boolean(this.finish());
  }

  /// The finished shape, or null where points are missing.
  finish() {
    if (!this.can_finish) return null;
    const shape = {kind: this.kind, name: this.#free_name(), points: this.points};
    this.shapes.push(shape);
    this.points = [];
    return shape;
  }

  #free_name() {
    for (let i = 1;; ++i) {
      const name = `${this.kind}_${i}`;
      if (!this.shapes.some((shape) => shape.name === name)) return name;
    }
  }

  /// Why the name cannot stay, for people; empty where it can.
  name_fault(shape) {
    if (!shape.name.trim()) return 'Give it a name.';
    const same = (other) => other !== shape && other.name === shape.name && other.kind === shape.kind;
    return this.shapes.some(same) ? `There are two ${shape.kind}s of this name.` : '';
  }

  yaml() {
    const zones = this.shapes.filter((shape) => shape.kind === 'zone').map(
        ({name, points}) => `      - {name: ${text(name)}, polygon: [${points.map(pair).join(', ')}]}`);
    const lines = this.shapes.filter((shape) => shape.kind === 'line').map(
        ({name, points}) => `      - {name: ${text(name)}, from: ${pair(points[0])}, to: ${pair(points[1])}}`);
    if (!zones.length && !lines.length) return '';
    return ['- zones:', ...(zones.length ? ['    zones:', ...zones] : []),
            ...(lines.length ? ['    lines:', ...lines] : [])].join('\n') + '\n';
  }
}
