// Runs the cases of tests/cases against the JavaScript API, in any runtime: nothing here is of one of them.
//
//   runConformance({ createParser, encode }, { reading: { bom: [...] }, writing: {...} })
//     → { cases, checks, failed: [{ name, way, expected, found }] }

import { expectedOf, inputOf, optionsOf, seenFromJs, toBytes, toEventInit, toItems, toText } from './cases.mjs';
import { randomStream, reference } from './reference.mjs';

/** Inputs up to this size are split at every offset, larger ones at those that `offsets` gives. */
const EVERY_OFFSET = 1024;

export class Report {
  cases = 0;
  checks = 0;
  failed = [];

  /** Runs one case; what it throws is its failure. */
  guard(name, run) {
    try {
      run();
    } catch (error) {
      this.failed.push({ name, way: 'thrown', expected: 'no error', found: String(error?.stack ?? error) });
    }
  }

  result() {
    return { cases: this.cases, checks: this.checks, failed: this.failed };
  }

  check(name, way, found, expected) {
    this.checks += 1;
    if (stable(found) !== stable(expected))
      this.failed.push({ name, way, expected: short(expected), found: short(found) });
  }
}

const stable = (value) => JSON.stringify(value);

function short(value) {
  const text = stable(value) ?? String(value);
  return text.length > 600 ? `${text.slice(0, 600)}... (${text.length})` : text;
}

export function runConformance(api, cases) {
  const report = new Report();
  for (const [kind, run] of [
    ['reading', readingCase],
    ['writing', writingCase],
  ]) {
    for (const [theme, list] of Object.entries(cases[kind])) {
      for (const testCase of list) {
        report.cases += 1;
        const name = `${kind}/${theme}: ${testCase.name}`;
        report.guard(name, () => run(api, name, testCase, report));
      }
    }
  }
  return report.result();
}

/** A parser that writes down, in order, what it reports. */
export function recording(createParser, options) {
  const items = [];
  const parser = createParser({
    ...options,
    onEvent: ({ type, data, lastEventId }) => items.push({ type, data, lastEventId }),
    onComment: (comment) => items.push({ comment }),
    onField: (field, value) => items.push({ field, value }),
    onRetry: (retry) => items.push({ retry }),
    onError: (error) => items.push({ error: error.code }),
  });
  return { parser, items };
}

/** Feeds the chunks to a new parser and ends it. */
export function parse(api, options, chunks) {
  const { parser, items } = recording(api.createParser, options.parser);
  for (const chunk of chunks) parser.feed(chunk);
  parser.end({ flush: options.flush });
  return { items, lastEventId: parser.lastEventId };
}

function readingCase(api, name, testCase, report) {
  const input = inputOf(testCase);
  if (testCase.steps) stepsCase(api, name, testCase, report);
  if (!input) return;
  const options = optionsOf(testCase);
  const expected = { items: seenFromJs(expectedOf(testCase)), lastEventId: toText(testCase.lastEventId) };
  const check = (way, chunks) => report.check(name, way, parse(api, options, chunks), expected);
  check('whole', [input]);
  check('byte by byte', bytesOf(input));
  for (const offset of offsets(input.length)) check(`split at ${offset}`, splitAt(input, offset));
  const text = asText(input);
  if (text === undefined) return;
  check('whole, as a string', [text]);
  check('as strings, code unit by code unit', text.split(''));
}

function* bytesOf(input) {
  for (let at = 0; at < input.length; at += 1) yield input.subarray(at, at + 1);
}

/** Two chunks in one buffer that is used again, as a reader with a buffer of its own does it. */
function* splitAt(input, offset) {
  const buffer = new Uint8Array(input.length + 8).fill(0x0a);
  for (const chunk of [input.subarray(0, offset), input.subarray(offset)]) {
    buffer.set(chunk, 5);
    yield buffer.subarray(5, 5 + chunk.length);
    buffer.fill(0x0a);
  }
}

function asText(input) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input);
  } catch {
    return undefined;
  }
}

/** Where to split: everywhere; a large input at both ends, around the sizes that buffers have, and every so often. */
function offsets(size) {
  const all = Array.from({ length: size + 1 }, (_, offset) => offset);
  if (size <= EVERY_OFFSET) return all;
  const every = Math.floor(size / 40);
  const nearPower = (offset) => [-1, 0, 1].some((by) => ((offset + by) & (offset + by - 1)) === 0);
  return all.filter((at) => at < 80 || at > size - 80 || at % every === 0 || nearPower(at));
}

function stepsCase(api, name, testCase, report) {
  const { parser, items } = recording(api.createParser, optionsOf(testCase).parser);
  testCase.steps.forEach((step, number) => {
    if ('feed' in step) parser.feed(toBytes(step.feed));
    else if (step.end) parser.end(step.end);
    else parser.reset();
    report.check(name, `step ${number + 1}`, items.splice(0), seenFromJs(toItems(step.expected)));
    if ('lastEventId' in step)
      report.check(name, `step ${number + 1}, id`, parser.lastEventId, toText(step.lastEventId));
  });
  report.check(name, 'the id after all', parser.lastEventId, toText(testCase.lastEventId));
}

function writingCase(api, name, testCase, report) {
  const events = testCase.events.map(toEventInit);
  const argument = events.length === 1 && !testCase.batch ? events[0] : events;
  if (testCase.error) {
    report.check(name, 'refused', refusal(api, argument), testCase.error);
    return;
  }
  const expected = latin1(toBytes(testCase.expected));
  const bytes = api.encode(argument);
  report.check(name, 'bytes', latin1(bytes), expected);
  report.check(name, 'is a Uint8Array', bytes instanceof Uint8Array, true);
  if (events.length === 1) report.check(name, 'as a batch', latin1(api.encode(events)), expected);
  // What an earlier call has given must not change under a later one.
  const other = api.encode({ data: 'z'.repeat(bytes.length) });
  report.check(name, 'after another call', latin1(bytes), expected);
  report.check(name, 'the other call', other.length, bytes.length + 'data: \n\n'.length);
}

function refusal(api, argument) {
  try {
    return `no error, but ${latin1(api.encode(argument))}`;
  } catch (error) {
    if (!(error instanceof Error) || !/expected .*found /s.test(error.message)) return `not a clear error: ${error}`;
    return error.code;
  }
}

function latin1(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

/** Random streams in random chunks, against the reference. The same `seed` gives the same streams. */
export function runRandom(api, { seed, streams, pieces }) {
  const report = new Report();
  for (let number = 0; number < streams; number += 1) {
    const random = mulberry32(seed + number);
    const stream = randomStream(random, pieces);
    const limited = random() < 0.3;
    const parser = limited ? { maxEventSize: 3 + Math.floor(random() * 60) } : {};
    const options = { parser, flush: random() < 0.3 };
    const { items, lastEventId } = reference(stream, { ...parser, flush: options.flush });
    report.cases += 1;
    const name = `random stream ${seed + number} (${[...stream].map((byte) => byte.toString(16).padStart(2, '0')).join('')})`;
    report.guard(name, () => {
      const found = parse(api, options, randomChunks(random, stream));
      report.check(name, stable(options), found, { items: seenFromJs(items), lastEventId });
    });
  }
  return report.result();
}

function randomChunks(random, stream) {
  const largest = 1 + Math.floor(random() ** 2 * stream.length);
  const chunks = [];
  for (let at = 0; at < stream.length;) {
    const size = Math.floor(random() * (largest + 1));
    chunks.push(stream.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** A small generator of random numbers, so that every runtime draws the same ones. */
function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
