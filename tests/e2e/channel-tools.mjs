// Readers of channels.

import { until } from './check.mjs';
import { ask, chunksOf } from './server-tools.mjs';

/** The first bytes that a reader of a channel gets: a comment, and where it is. */
export const FIRST = /^: \n\nid: (\d+-\d+(?:\.[\w-]{22})?)\n\n/;

/** The ids of the events with data. */
export function idsOf(text) {
  return [...text.matchAll(/^id: (.+)\ndata:/gm)].map(([, id]) => id);
}

/** A reader that reads all that comes, and keeps it. */
export function reader(channel, init = {}, request = ask()) {
  const chunks = chunksOf(channel.subscribe(request, init));
  const read = { text: '', ended: false, failure: undefined, ids: [] };
  const running = (async () => {
    try {
      for (let chunk; (chunk = await chunks.next()) !== undefined;) {
        read.text += chunk;
        read.ids = idsOf(read.text);
      }
    } catch (error) {
      read.failure = error;
    }
    read.ended = true;
  })();
  const stop = () => {
    if (read.failure) throw read.failure;
    if (read.ended) throw new Error(`expected more, found the end of ${JSON.stringify(read.text)}`);
  };
  return Object.assign(read, {
    /** What has come since the last call; waits for something to. */
    next: (() => {
      let seen = 0;
      return async () => {
        await until(() => read.text.length > seen || (stop(), false));
        const from = seen;
        seen = read.text.length;
        return read.text.slice(from);
      };
    })(),
    /** The ids of the events, once there are so many. */
    async until(count) {
      await until(() => read.ids.length >= count || (stop(), false));
      return read.ids;
    },
    /** The id that it was given to begin with. */
    async first() {
      await until(() => FIRST.test(read.text) || (stop(), false));
      return FIRST.exec(read.text)[1];
    },
    end: () => running,
    cancel: (reason) => chunks.cancel(reason),
  });
}

/** A channel that has published so many events: the id before them, and theirs. */
export async function begin(channel, count) {
  const read = reader(channel);
  const first = await read.first();
  const ids = [];
  for (let n = 1; n <= count; n++) ids.push(await channel.publish(`${n}`));
  await read.until(count);
  await read.cancel();
  return { first, ids };
}
