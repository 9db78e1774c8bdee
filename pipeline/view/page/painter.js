// SPDX-License-Identifier: Apache-2.0
// Draws zones and lines on a source's picture, with mouse, finger or keys.

import {by_id, draw_picture, make, make_shape, middle_of, place, say} from '/dom.js';
import {Drawing, within} from '/painter_model.js';

const kStep = 0.01, kLongStep = 0.1;
const kClosePx = 14;  // a click this near to the first point closes the zone
const kArrows = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

const percent = (value) => `${(100 * value).toFixed(0)} %`;
const spoken = ([x, y]) => `${percent(x)} from left, ${percent(y)} from top`;

function step_of(event) {
  const arrow = kArrows[event.key];
  return arrow?.map((part) => part * (event.shiftKey ? kLongStep : kStep));
}

export class Painter {
  #dialog = by_id('painter');
  #area = by_id('paint-area');
  #shapes = this.#area.querySelector('.shapes');
  #handles = this.#area.querySelector('.handles');
  #cross = this.#area.querySelector('.cross');
  #drawings = new Map();  // by source: what was drawn stays while the page is open
  #drawing = new Drawing();
  #card = null;
  #held = false;
  #at = [0.5, 0.5];
  #drag = null;

  constructor() {
    by_id('painter-close').addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('close', () => { this.#card.on_picture = null; });
    this.#area.addEventListener('pointerdown', (event) => this.#press(event));
    this.#area.addEventListener('pointermove', (event) => this.#move(event));
    this.#area.addEventListener('pointerup', () => { this.#drag = null; });
    this.#area.addEventListener('pointercancel', () => { this.#drag = null; });
    this.#area.addEventListener('keydown', (event) => this.#key(event));
    this.#area.addEventListener('blur', () => { this.#cross.hidden = true; });
    by_id('paint-finish').addEventListener('click', () => this.#finish());
    by_id('paint-hold').addEventListener('click', (event) => {
      this.#held = !this.#held;
      event.target.setAttribute('aria-pressed', this.#held);
    });
    by_id('paint-copy').addEventListener('click', () => this.#copy());
    for (const choice of this.#dialog.querySelectorAll('[name=kind]')) {
      choice.addEventListener('change', () => this.#set_kind(choice.value));
    }
  }

  open(card) {
    this.#card = card;
    if (!this.#drawings.has(card.name)) this.#drawings.set(card.name, Drawing.of(card.scene));
    this.#drawing = this.#drawings.get(card.name);
    this.#drawing.kind = this.#dialog.querySelector('[name=kind]:checked').value;
    say(by_id('painter-title'), `Zones and lines of ${card.name}`);
    this.#area.setAttribute('aria-label', `Drawing on the picture of ${card.name}`);
    this.#say('');
    const shown = card.element.querySelector('canvas');
    draw_picture(this.#area, shown);
    card.on_picture = (bitmap) => { if (!this.#held) draw_picture(this.#area, bitmap); };
    this.#render();
    this.#dialog.showModal();
    this.#area.focus({focusVisible: false});
  }

  #say(text) { say(by_id('paint-said'), text); }

  #set_kind(kind) {
    this.#drawing.kind = kind;
    this.#drawing.points = [];
    this.#render();
  }

  #point_of(event) {
    const area = this.#area.getBoundingClientRect();
    return within([(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height]);
  }

  #closes(event) {
    if (this.#drawing.kind !== 'zone' || !this.#drawing.can_finish) return false;
    const area = this.#area.getBoundingClientRect();
    const [x, y] = this.#drawing.points[0];
    return Math.hypot(event.clientX - area.left - x * area.width,
                      event.clientY - area.top - y * area.height) <= kClosePx;
  }

  #press(event) {
    if (event.button !== 0) return;
    this.#cross.hidden = true;
    const handle = event.target.closest('.handles button');
    if (handle) {
      this.#drag = {shape: this.#drawing.shapes[handle.dataset.shape], i: Number(handle.dataset.point)};
      this.#area.setPointerCapture(event.pointerId);
      return;
    }
    if (this.#closes(event)) return this.#finish();
    this.#set_point(this.#point_of(event));
  }

  #move(event) {
    if (!this.#drag) return;
    this.#drag.shape.points[this.#drag.i] = this.#point_of(event);
    this.#render();
  }

  #set_point(point) {
    if (this.#drawing.add(point)) return this.#finished(this.#drawing.shapes.at(-1));
    this.#say(`Point ${this.#drawing.points.length}: ${spoken(point)}`);
    this.#render();
  }

  #finish() {
    const shape = this.#drawing.finish();
    if (shape) return this.#finished(shape);
    this.#say(`A ${this.#drawing.kind} needs ${this.#drawing.needs} points.`);
  }

  #finished(shape) {
    this.#render();
    this.#say(`${shape.name} is drawn, with ${shape.points.length} points.`);
  }

  #key(event) {
    const step = step_of(event);
    const handle = event.target.closest('.handles button');
    if (handle) {
      if (!step) return;
      const {shape, point} = handle.dataset;
      const points = this.#drawing.shapes[shape].points;
      points[point] = within([points[point][0] + step[0], points[point][1] + step[1]]);
      this.#say(spoken(points[point]));
      this.#render();
      this.#handles.querySelector(`[data-shape="${shape}"][data-point="${point}"]`).focus();
    } else if (step) {
      this.#at = within([this.#at[0] + step[0], this.#at[1] + step[1]]);
      this.#cross.hidden = false;
      place(this.#cross, this.#at);
      this.#say(spoken(this.#at));
    } else if (event.key === ' ') {
      this.#cross.hidden = false;
      place(this.#cross, this.#at);
      this.#set_point(this.#at);
    } else if (event.key === 'Enter') {
      this.#finish();
    } else if (event.key === 'Backspace' && this.#drawing.points.length) {
      this.#drawing.points.pop();
      this.#say(`${this.#drawing.points.length} points left`);
      this.#render();
    } else if (event.key === 'Escape' && this.#drawing.points.length) {
      this.#drawing.points = [];
      this.#say('Given up.');
      this.#render();
    } else {
      return;
    }
    event.preventDefault();
  }

  #render() {
    this.#shapes.replaceChildren();
    this.#handles.replaceChildren();
    this.#drawing.shapes.forEach((shape, s) => {
      this.#shapes.append(make_shape(shape.points, shape.kind === 'zone'));
      const tag = make('span', {className: 'tag', textContent: shape.name});
      this.#handles.append(place(tag, middle_of(shape.points)));
      shape.points.forEach((point, i) => {
        const handle = make('button', {type: 'button'});
        handle.dataset.shape = s;
        handle.dataset.point = i;
        handle.setAttribute('aria-label', `${shape.name}, point ${i + 1}: ${spoken(point)}`);
        this.#handles.append(place(handle, point));
      });
    });
    if (this.#drawing.points.length) {
      const open = make_shape(this.#drawing.points, false);
      open.classList.add('open');
      this.#shapes.append(open);
      for (const point of this.#drawing.points) {
        this.#handles.append(place(make('button', {type: 'button', tabIndex: -1, disabled: true}), point));
      }
    }
    by_id('paint-finish').disabled = !this.#drawing.can_finish;
    this.#list_shapes();
    this.#show_yaml();
  }

  #list_shapes() {
    const list = by_id('shapes');
    by_id('no-shapes').hidden = this.#drawing.shapes.length > 0;
    const same = list.childElementCount === this.#drawing.shapes.length &&
        this.#drawing.shapes.every((shape, i) => list.children[i].shape === shape);
    if (same) return;  // a name that is being written keeps its field
    list.replaceChildren(...this.#drawing.shapes.map((shape) => this.#list_entry(shape)));
  }

  #list_entry(shape) {
    const kind = shape.kind === 'zone' ? 'Zone' : 'Line';
    const name = make('input', {value: shape.name, maxLength: 60, spellcheck: false});
    name.setAttribute('aria-label', `Name of ${shape.name}`);
    name.addEventListener('input', () => {
      shape.name = name.value;
      this.#render();
    });
    const remove = make('button', {type: 'button', textContent: 'Delete'});
    remove.setAttribute('aria-label', `Delete ${shape.name}`);
    remove.addEventListener('click', () => {
      this.#drawing.shapes.splice(this.#drawing.shapes.indexOf(shape), 1);
      this.#say(`${shape.name} is deleted.`);
      this.#render();
      this.#area.focus();
    });
    return Object.assign(make('li', {}, make('span', {textContent: kind}), name, remove), {shape});
  }

  #show_yaml() {
    let fault = '';
    for (const entry of by_id('shapes').children) {
      const wrong = this.#drawing.name_fault(entry.shape);
      entry.querySelector('input').setCustomValidity(wrong);
      fault ||= wrong;
    }
    by_id('paint-yaml').value = fault ? '' : this.#drawing.yaml();
    by_id('paint-copy').disabled = !by_id('paint-yaml').value;
    say(by_id('paint-copied'), fault);
  }

  async #copy() {
    const yaml = by_id('paint-yaml');
    try {
      await navigator.clipboard.writeText(yaml.value);
    } catch {
      // Over plain HTTP from another machine there is no clipboard but by the old way.
      yaml.select();
      document.execCommand('copy');
    }
    say(by_id('paint-copied'), 'Copied.');
  }
}
