// SPDX-License-Identifier: Apache-2.0
// Small words for the document, shared by the page's parts.

export const by_id = (id) => document.getElementById(id);

/// make('li', {className: 'x'}, 'text', child)
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/// Sets a text only where it changes: what stays the same is not read out again.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const kSvg = 'http://www.w3.org/2000/svg';
export function make_shape(points, closed) {
  const shape = document.createElementNS(kSvg, closed ? 'polygon' : 'polyline');
  shape.setAttribute('points', points.map((point) => point.join(',')).join(' '));
  return shape;
}

export const middle_of = (points) => [0, 1].map(
    (axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);

export function place(element, [x, y]) {
  element.style.left = `${100 * x}%`;
  element.style.top = `${100 * y}%`;
  return element;
}

export function draw_picture(stage, bitmap) {
  const canvas = stage.querySelector('canvas');
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    stage.parentElement.style.setProperty('--ratio', `${bitmap.width} / ${bitmap.height}`);
  }
  canvas.getContext('2d', {alpha: false}).drawImage(bitmap, 0, 0);
}
