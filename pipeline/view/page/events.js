// SPDX-License-Identifier: Apache-2.0
// The list of what happened, newest first.

import {by_id, make} from '/dom.js';

const kShown = 100;

function words(event) {
  const who = [event.object, event.track].filter((part) => part !== undefined).join(' ');
  const where = event.where ?? '';
  switch (event.event) {
    case 'line_cross':
      return `${who} crossed ${where}${event.direction ? `, ${event.direction}` : ''}`;
    case 'zone_enter':
      return `${who} came into ${where}`;
    case 'zone_leave':
      return `${who} left ${where} after ${event.seconds ?? 0} s`;
    case 'dwell':
      return `${who} in ${where} for ${event.seconds} s`;
    case 'overcrowd':
      return `${where} is full: ${event.count} inside`;
    case 'overcrowd_end':
      return `${where} is no longer full`;
    default:
      return [event.event.replaceAll('_', ' '), who, where].filter(Boolean).join(' · ');
  }
}

export function add_events(events) {
  const list = by_id('events');
  for (const event of events) {
    const time = new Date(event.t_ms);
    const total = event.event === 'line_cross' && event.count ? ` · ${event.count} so far` : '';
    list.prepend(make('li', {},
        make('time', {dateTime: time.toISOString(), textContent: time.toLocaleTimeString('en-GB')}),
        make('span', {textContent: words(event)}),
        make('small', {textContent: `${event.source}${total}`})));
  }
  while (list.childElementCount > kShown) list.lastElementChild.remove();
  by_id('no-events').hidden = list.childElementCount > 0;
}
