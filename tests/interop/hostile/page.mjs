// Runs in a page: its own EventSource reads the hostile streams, a few at a time.

import { follow } from '../lib/follow.mjs';
import { difference, streams } from './cases.mjs';

/** A connection each; browsers open six to a server. */
const AT_ONCE = 5;

/** Where a browser does something else than the standard says with what it reads. */
const DEVIATIONS = {
  // Firefox drops every U+0000; the standard gives it no meaning outside of an id.
  Firefox: ({ type, data, lastEventId }) => ({
    type: type.replaceAll('\0', '') || 'message',
    data: data.replaceAll('\0', ''),
    lastEventId,
  }),
};

/** `read` counts the streams that were read; `differences` are those from what was expected. */
export async function readHostile(browser) {
  const all = streams();
  const asRead = DEVIATIONS[browser] ?? ((event) => event);
  const events = (items) => items.filter(({ type }) => type !== undefined).map(asRead);
  // A listener for each type that may come, and for those that only a forged event has.
  const types = new Set(all.flatMap(({ expected }) => events(expected).map(({ type }) => type)));
  for (const type of ['forged', 'x']) types.add(type);
  const result = { read: 0, differences: [] };
  const numbers = all.keys();
  const work = async () => {
    for (const number of numbers) {
      const { way, name, expected } = all[number];
      const found = await follow(EventSource, `/?stream=${number}`, types, { once: true });
      const problem = difference(found.events, events(expected));
      if (problem) result.differences.push(`${way}, ${name}: ${problem}`);
      result.read++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return result;
}
