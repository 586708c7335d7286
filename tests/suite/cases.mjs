// Reads the parts that cases are written in (tests/cases/README.md). Runs anywhere: nothing here is of one runtime.

const encoder = new TextEncoder();

/** The bytes of a part: a string, `hex`, `repeat`, or a list of parts. */
export function toBytes(part) {
  if (typeof part === 'string') return encoder.encode(part);
  if (Array.isArray(part)) return concat(part.map(toBytes));
  if (typeof part?.hex === 'string') return fromHex(part.hex);
  if (typeof part?.times === 'number') {
    const unit = toBytes(part.repeat);
    const bytes = new Uint8Array(unit.length * part.times);
    for (let at = 0; at < bytes.length; at += unit.length) bytes.set(unit, at);
    return bytes;
  }
  throw new TypeError(`expected a part, found ${JSON.stringify(part)}`);
}

/** The text of a part. */
export function toText(part) {
  if (typeof part === 'string') return part;
  if (typeof part?.utf16 === 'string') {
    return String.fromCharCode(...part.utf16.split(/\s+/).map((unit) => parseInt(unit, 16)));
  }
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(toBytes(part));
}

export function fromHex(text) {
  const digits = text.replaceAll(/\s/g, '');
  if (!/^([\da-f]{2})*$/i.test(digits)) throw new TypeError(`expected whole bytes in hexadecimal, found ${text}`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) => parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

export function concat(arrays) {
  const bytes = new Uint8Array(arrays.reduce((size, array) => size + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    bytes.set(array, at);
    at += array.length;
  }
  return bytes;
}

/** The bytes of the whole input; undefined for a case with a step that does anything but feed. */
export function inputOf(testCase) {
  if (!testCase.steps) return toBytes(testCase.input);
  if (testCase.steps.every((step) => 'feed' in step)) return concat(testCase.steps.map((step) => toBytes(step.feed)));
  return undefined;
}

/** The items of the whole input. */
export function expectedOf(testCase) {
  return toItems(testCase.steps ? testCase.steps.flatMap((step) => step.expected) : testCase.expected);
}

/** Items with their texts spelled out, `field` and `id` too. */
export function toItems(expected) {
  return expected.map((item) =>
    Object.fromEntries(
      Object.entries(item).map(([name, value]) => [name, name === 'retry' || name === 'error' ? value : toText(value)]),
    ),
  );
}

/** As JavaScript sees it: without the ids that only the Rust parser reports, and no number that is not exact. */
export function seenFromJs(items) {
  return items
    .filter((item) => !('id' in item))
    .map((item) => ('retry' in item ? { retry: toMilliseconds(item.retry) } : item));
}

function toMilliseconds(retry) {
  return retry === 'huge' ? Number.MAX_SAFE_INTEGER : Math.min(retry, Number.MAX_SAFE_INTEGER);
}

/** The options of a case, in the form of `createParser` and `end`. */
export function optionsOf(testCase) {
  const { maxEventSize, lastEventId, flush = false } = testCase.options ?? {};
  return {
    parser: {
      ...(maxEventSize !== undefined && { maxEventSize }),
      ...(lastEventId !== undefined && { lastEventId: toText(lastEventId) }),
    },
    flush,
  };
}

/** An event to write, from its notation in a case. */
export function toEventInit(event) {
  if (typeof event === 'string') return event;
  const init = {};
  for (const [name, value] of Object.entries(event)) init[name] = toMember(value);
  return init;
}

function toMember(value) {
  if (value === null || typeof value !== 'object') return value;
  if (value.undefined) return undefined;
  if ('json' in value) return value.json;
  if ('number' in value) return Number(value.number);
  if ('arrayBuffer' in value) return fromHex(value.arrayBuffer).buffer;
  if ('bytes' in value) {
    const bytes = toBytes({ repeat: { hex: value.bytes }, times: value.times ?? 1 });
    return 'from' in value ? bytes.subarray(value.from, value.to) : bytes;
  }
  return toText(value);
}
