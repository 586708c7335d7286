// What only the way over the WebAssembly boundary can get wrong: large chunks, growing memory, shared buffers, UTF-16.
// Runs anywhere, like the rest of the suite: `runBoundary({ createParser, encode })` → { cases, checks, failed }.

import { Report, parse, recording } from './conformance.mjs';
import { concat, seenFromJs, toBytes } from './cases.mjs';
import { reference } from './reference.mjs';

const event = (data, type = 'message', lastEventId = '') => ({ type, data, lastEventId });
const HIGH = '\ud83d';
const LOW = '\ude00';
const KILO = 1024;

const CHECKS = {
  // First, while the memory is still small.
  'dense text whose table makes the memory grow': (api, check) => {
    const { parser, items } = recording(api.createParser, {});
    parser.feed('id: 1\nevent: a\ndata: x\n\n'.repeat(60_000));
    const found = items.filter(({ type, data, lastEventId }) => type === 'a' && data === 'x' && lastEventId === '1');
    check('items', found.length, 60_000);
  },

  'text that makes the memory grow': (api, check) => {
    const { parser, items } = recording(api.createParser, {});
    parser.feed('data: ');
    for (let at = 0; at < 60; at += 1) parser.feed('x'.repeat(100_000));
    parser.feed('\n\ndata: b\n\n');
    check('items', digest(items), digest([event('x'.repeat(6_000_000)), event('b')]));
  },

  'bytes that make the memory grow': (api, check) => {
    const { parser, items } = recording(api.createParser, {});
    const chunk = toBytes(['é'.repeat(5_000), 'x'.repeat(54_999)]);
    for (let round = 0; round < 3; round += 1) {
      parser.feed(toBytes('data: '));
      for (let at = 0; at < 150; at += 1) parser.feed(chunk);
      parser.feed(toBytes(`\nid: ${round}\n\ndata: b\n\n`));
    }
    const data = ('é'.repeat(5_000) + 'x'.repeat(54_999)).repeat(150);
    const expected = [0, 1, 2].flatMap((id) => [event(data, 'message', `${id}`), event('b', 'message', `${id}`)]);
    check('items', digest(items), digest(expected));
  },

  'an event of 5 MB in one chunk': (api, check) => {
    const input = { repeat: 'data: 0123456789 é\n', times: 260_000 };
    const { items } = parse(api, { parser: {}, flush: false }, [toBytes([input, '\ndata: b\n\n'])]);
    check('items', digest(items), digest([event('0123456789 é\n'.repeat(260_000).slice(0, -1)), event('b')]));
  },

  'chunks of several hundred KB, cut anywhere': (api, check) => {
    for (const unit of ['data: 漢字😀é\r\n\r\n', 'data: 漢字\r\r', ': 😀\nid: é\nevent: 漢\ndata\n\n', 'data: x\n']) {
      for (let shift = 0; shift < 9; shift += 1) {
        const input = toBytes(['\ufeff', ':'.repeat(shift), { repeat: unit, times: 12_000 }, '\n']);
        compare(api, check, `${JSON.stringify(unit)} at ${shift}`, input);
      }
    }
  },

  'a large chunk with invalid UTF-8': (api, check) => {
    const unit = [{ hex: '646174613a 20 f09f98 78 ff' }, '\nevent: ', { hex: 'c3' }, '\n\ndata: ok é\n\n'];
    for (let shift = 0; shift < 5; shift += 1) {
      compare(api, check, `at ${shift}`, toBytes([':'.repeat(shift), { repeat: unit, times: 7_000 }]));
    }
  },

  'more items than bytes of a page': (api, check) => {
    for (const unit of ['data\n\n', ':\n', 'id\n\n', 'id:1\n\n', 'retry:1\n', 'd\n', '\n', 'event:x\n\n', 'é\n']) {
      const input = toBytes({ repeat: unit, times: Math.floor((200 * KILO) / unit.length) });
      compare(api, check, JSON.stringify(unit), input);
    }
  },

  'more types than one would number': (api, check) => {
    const types = Array.from({ length: 700 }, (_, number) => `type-${number % 350}-${'é'.repeat(number % 3)}`);
    const events = types.map((type, number) => event(`${number}`, type));
    const input = toBytes(types.map((type, number) => `event: ${type}\ndata: ${number}\n\n`).join(''));
    const options = { parser: {}, flush: false };
    check('whole', digest(parse(api, options, [input]).items), digest(events));
    check('in two', digest(parse(api, options, [input.subarray(0, 1001), input.subarray(1001)]).items), digest(events));
    check(
      'byte by byte',
      digest(
        parse(
          api,
          options,
          [...input].map((byte) => Uint8Array.of(byte)),
        ).items,
      ),
      digest(events),
    );
  },

  'parsers that take turns': (api, check) => {
    const streams = Array.from({ length: 200 }, (_, number) => {
      const text = `id: ${number}é\nevent: t${number % 5}\ndata: ${'x'.repeat(number)}😀\n: ${number}\ndata: y\n\ndata: z\n\n`;
      return { bytes: toBytes(text), ...recording(api.createParser, {}) };
    });
    for (let at = 0; at < 700; at += 1) {
      for (const { parser, bytes } of streams) if (at < bytes.length) parser.feed(bytes.subarray(at, at + 1));
    }
    streams.forEach(({ items, parser, bytes }, number) => {
      const expected = reference(bytes);
      check(`stream ${number}`, items, seenFromJs(expected.items));
      check(`id of stream ${number}`, parser.lastEventId, expected.lastEventId);
    });
  },

  'a callback that feeds another parser': (api, check) => {
    const seen = [];
    const input = toBytes('event: a\ndata: 1é\n\nevent: b\nid: 漢\ndata: 2\n\n: c\ndata: 3\n\n');
    const inner = api.createParser({
      onEvent: ({ type, data, lastEventId }) => seen.push(`inner ${type} ${data} ${lastEventId}`),
    });
    const outer = api.createParser({
      onEvent: ({ type, data, lastEventId }) => {
        inner.feed(toBytes(`data: from ${data}\n\n`));
        inner.feed(`event: ${type}\nid: ${data}\ndata: again\n\n`);
        seen.push(`outer ${type} ${data} ${lastEventId}`);
      },
    });
    outer.feed(input);
    const expected = [
      ...['inner message from 1é ', 'inner a again 1é', 'outer a 1é '],
      ...['inner message from 2 1é', 'inner b again 2', 'outer b 2 漢'],
      ...['inner message from 3 2', 'inner message again 3', 'outer message 3 漢'],
    ];
    check('order', seen, expected);
  },

  'a reset in a callback drops the rest of the chunk, however large': (api, check) => {
    for (const size of [10, 300 * KILO]) {
      for (const chunk of ['text', 'bytes']) {
        const seen = [];
        const parser = api.createParser({
          onEvent: ({ data }) => {
            seen.push(data);
            if (data === 'a') parser.reset();
          },
        });
        const text = `data: a\n\n:${'x'.repeat(size)}\n\ndata: b\n\n`;
        parser.feed(chunk === 'text' ? text : toBytes(text));
        parser.feed('data: c\n\n');
        check(`${chunk}, ${size}`, seen, ['a', 'c']);
      }
    }
  },

  'an error that no onError takes': (api, check) => {
    const seen = [];
    const parser = api.createParser({ onEvent: ({ data }) => seen.push(data), maxEventSize: 20 });
    let thrown;
    try {
      parser.feed(`data: a\n\n: ${'x'.repeat(30)}\n\ndata: b\n\n`);
    } catch (error) {
      thrown = error;
    }
    check('code', thrown?.code, 'event-too-large');
    check('message', /^expected .* 20 bytes, found /.test(thrown?.message), true);
    check('events', seen, ['a', 'b']);
    parser.feed('data: c\n\n');
    check('events after it', seen, ['a', 'b', 'c']);
  },

  'surrogates in text': (api, check) => {
    const all = (name, chunks, expected, flush = false) =>
      check(
        name,
        parse(api, { parser: {}, flush }, chunks).items.map(({ data }) => data),
        expected,
      );
    all('a pair in two pieces', ['data: ' + HIGH, LOW + '\n\n'], [HIGH + LOW]);
    all('a pair in two pieces, an empty one between', ['data: ' + HIGH, '', LOW + '\n\n'], [HIGH + LOW]);
    all('a high one and no low one', ['data: ' + HIGH, 'x\n\n'], ['\ufffdx']);
    all('a low one alone', ['data: ', LOW + '\n\n'], ['\ufffd']);
    all('two high ones and a low one', ['data: ' + HIGH, HIGH, LOW + '\n\n'], ['\ufffd' + HIGH + LOW]);
    all('a high one before bytes', ['data: ' + HIGH, toBytes('x\n\ndata: '), LOW + '\n\n'], ['\ufffdx', '\ufffd']);
    all('a high one before empty bytes', ['data: ' + HIGH, new Uint8Array(), 'x\n\n'], ['\ufffdx']);
    all('a high one at the end', ['data: ' + HIGH], []);
    all('a high one at the end, flushed', ['data: ' + HIGH], ['\ufffd'], true);
    all(
      'a large text of pairs',
      ['data: x' + (HIGH + LOW).repeat(100_000) + '\n\n'],
      ['x' + (HIGH + LOW).repeat(100_000)],
    );
    const { parser, items } = recording(api.createParser, {});
    parser.feed('data: ' + HIGH);
    parser.reset();
    parser.feed(LOW + '\ndata: a\n\ndata: ' + HIGH);
    parser.end();
    parser.feed(LOW + '\ndata: b\n\n');
    const half = { field: '\ufffd', value: '' };
    check('none goes over to the next stream', items, [half, event('a'), half, event('b')]);
  },

  'surrogates that meet where two parts of an event meet': (api, check) => {
    const frames = (events) => new TextDecoder().decode(api.encode(events));
    const R = '\ufffd';
    check('comment and event', frames({ comment: HIGH, event: LOW }), `: ${R}\nevent: ${R}\n\n`);
    check('event and id', frames({ event: HIGH, id: LOW }), `event: ${R}\nid: ${R}\n\n`);
    check('id and data', frames({ id: HIGH, data: LOW }), `id: ${R}\ndata: ${R}\n\n`);
    check('two events', frames([{ data: HIGH }, { data: LOW }]), `data: ${R}\n\ndata: ${R}\n\n`);
    check('two strings', frames([HIGH, LOW, 'a']), `data: ${R}\n\ndata: ${R}\n\ndata: a\n\n`);
    check(
      'pairs on both sides',
      frames([HIGH + LOW, { id: LOW, data: HIGH + LOW }]),
      `data: ${HIGH + LOW}\n\nid: ${R}\ndata: ${HIGH + LOW}\n\n`,
    );
  },

  'batches of every size': (api, check) => {
    for (const size of [1, 63, 64, 65, 127, 128, 129, 1000]) {
      const events = Array.from({ length: size }, (_, number) => ({
        id: `${number}`,
        event: 'é'.repeat(number % 4),
        data: `x\n${number}`,
      }));
      const expected = concat(events.map((one) => api.encode(one)));
      check(`${size} events`, digest(api.encode(events)), digest(expected));
    }
  },

  'batches of much text': (api, check) => {
    for (const size of [10_000, 32_767, 32_768, 32_769, 100_000, 3_000_000]) {
      const events = ['x', '漢', '😀', 'x'].map((unit) => ({ id: unit, data: unit.repeat(size / unit.length) }));
      const expected = events.map(({ id, data }) => `id: ${id}\ndata: ${data}\n\n`).join('');
      check(`${size} units`, digest(api.encode(events)), digest(toBytes(expected)));
    }
  },

  'data that encodes while it is encoded': (api, check) => {
    const decode = (bytes) => new TextDecoder().decode(bytes);
    let inner;
    const data = {
      toJSON() {
        inner = decode(api.encode({ data: 'inner' }));
        return 'outer';
      },
    };
    check(
      'outer',
      decode(api.encode([{ data: 'first' }, { id: '1', data }])),
      'data: first\n\nid: 1\ndata: "outer"\n\n',
    );
    check('inner', inner, 'data: inner\n\n');
  },

  'an error leaves nothing behind': (api, check) => {
    const good = Array.from({ length: 100 }, (_, number) => ({ data: `${number}` }));
    for (const bad of [
      { event: '\n' },
      { id: '\0' },
      { comment: 'c', event: 'e', data: 'd', retry: -1 },
      { data: () => 0 },
    ]) {
      let thrown;
      try {
        api.encode([...good, bad, ...good]);
      } catch (error) {
        thrown = error;
      }
      check('it is refused', thrown instanceof Error, true);
      check('the next call', new TextDecoder().decode(api.encode({ event: 'x', data: 'a' })), 'event: x\ndata: a\n\n');
    }
  },
};

export function runBoundary(api) {
  const report = new Report();
  for (const [name, run] of Object.entries(CHECKS)) {
    report.cases += 1;
    report.guard(name, () => run(api, (way, found, expected) => report.check(name, way, found, expected)));
  }
  return report.result();
}

/** Against the reference, whole, in chunks of 64 KB and in odd ones. */
function compare(api, check, way, input) {
  const expected = reference(input);
  for (const size of [input.length, 64 * KILO, 10_007]) {
    const chunks = [];
    for (let at = 0; at < input.length; at += size) chunks.push(input.subarray(at, at + size));
    const { items, lastEventId } = parse(api, { parser: {}, flush: false }, chunks);
    check(`${way}, chunks of ${size}`, digest(items), digest(seenFromJs(expected.items)));
    check(`${way}, chunks of ${size}, id`, lastEventId, expected.lastEventId);
  }
}

/** Large values as their length, a hash and their start, so that a report stays readable. */
function digest(value) {
  const text =
    value instanceof Uint8Array ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(value) : JSON.stringify(value);
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return `${text.length} ${hash} ${text.slice(0, 200)}`;
}
