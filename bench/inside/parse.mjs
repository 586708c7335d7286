// Bytes → events, each stream in chunks of each size. First all must find the same events; then they take turns.

import { compare, isSlow, time, warmUp } from '../lib/measure.mjs';
import { FROM_RESPONSE, SYNCHRONOUS } from './readers.mjs';
import { chunksOf, streams } from './streams.mjs';

const SIZES = ['event', 64, 1400, 16 * 1024, 64 * 1024];

const GROUPS = { synchronous: SYNCHRONOUS, 'from a response': FROM_RESPONSE };

/**
 * @returns rows of `{ group, stream, size, events, bytes, times, once, cannot }`: `times` in milliseconds a run, `once` names
 *   those that were too slow to be run more than once
 */
export default async function parse({ recordings, only, options }, report) {
  const chosen = streams(recordings).filter(({ name }) => !only || only.includes(name));
  const total = chosen.length * SIZES.length * 2;
  const rows = [];
  for (const [group, readers] of Object.entries(GROUPS)) {
    report(`warming up, ${group}`);
    const chunks = chunksOf(chosen[0].frames, 1400);
    for (const { parse, count, cannot } of Object.values(readers))
      if (!cannot) await warmUp(() => parse(chunks, count));
    for (const { name, frames } of chosen) {
      for (const size of SIZES) {
        report(`${name} × ${size}, ${group}`, rows.length + 1, total);
        const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
        const cell = { group, stream: name, size, bytes };
        rows.push({ ...cell, ...(await measure(readers, chunksOf(frames, size), cell, options)) });
      }
    }
  }
  return rows;
}

async function measure(readers, chunks, cell, options) {
  const cannot = {};
  const first = {};
  let wanted;
  for (const [name, reader] of Object.entries(readers)) {
    cannot[name] = reader.cannot;
    if (cannot[name]) continue;
    const { events, took } = await look(reader, chunks);
    wanted ??= events;
    first[name] = took;
    sameEvents(`${cell.stream} × ${cell.size}, ${name}`, wanted, events, reader.withoutIds);
  }
  const able = Object.entries(readers).filter(([name]) => !cannot[name]);
  const work = Object.fromEntries(able.map(([name, { parse, count }]) => [name, () => parse(chunks, count)]));
  const times = await compare(work, { ...options, first });
  const once = Object.keys(times).filter((name) => isSlow(first[name]));
  return { events: wanted.length, times, once, cannot };
}

/** What a reader finds, and the milliseconds that it took. */
async function look({ parse, of }, chunks) {
  const events = [];
  let lastEventId = '';
  const onEvent = (event) => {
    const found = of(event);
    if (!found) return;
    lastEventId = found[2] ?? lastEventId;
    events.push([found[0], found[1], lastEventId]);
  };
  const took = await time(() => parse(chunks, onEvent));
  return { events, took };
}

function sameEvents(what, wanted, found, withoutIds) {
  const at = wanted.findIndex((event, n) =>
    event.some((part, k) => part !== found[n]?.[k] && !(withoutIds && k === 2)),
  );
  if (at < 0 && wanted.length === found.length) return;
  const text = (events) => JSON.stringify(events[at < 0 ? wanted.length : at])?.slice(0, 200);
  throw new Error(
    `${what}: expected ${wanted.length} events, found ${found.length}; expected ${text(wanted)}, found ${text(found)}`,
  );
}
