// What only the text of a panic would say: our panic handler traps without reading it, but the linker can't know that, as
// it is the optimiser behind it that finds the code to be dead.

/** Messages of core, alloc and js-sys that are only ever an argument of a panic. */
const MESSAGES = [
  'slice index starts at ',
  ' but ends at ',
  'index out of bounds: the len is ',
  ' but the index is ',
  'range start index ',
  'range end index ',
  ' out of range for slice of length ',
  'dest is out of bounds',
  'capacity overflow',
  'LazyCell instance has previously been poisoned',
  '`async fn` resumed after completion',
  'internal error: entered unreachable code',
  'finish: result should be Some',
  'finish: callbacks should be Some',
];
/** What stands for an argument in a form of `core::fmt`. */
const ARGUMENT = 0xc0;
const DATA_SECTION = 11;
/** The size of a `core::panic::Location`: the file's address and length, line, column. */
const LOCATION = 16;

/** The module with zeros in place of those texts, and of the places in source files that panics name. */
export function blankPanics(wasm) {
  const bytes = Buffer.from(wasm);
  for (const { address, start, end } of segments(bytes)) {
    const data = bytes.subarray(start, end);
    const files = new Set();
    for (const { index, 0: file } of data.toString('latin1').matchAll(/[\w/.-]+\.rs(?=\0)/g)) {
      files.add(`${address + index} ${file.length}`);
      data.fill(0, index, index + file.length);
    }
    for (let at = -address & 3; at + LOCATION <= data.length; at += 4) {
      if (files.has(`${data.readUInt32LE(at)} ${data.readUInt32LE(at + 4)}`)) data.fill(0, at, at + LOCATION);
    }
    for (const message of MESSAGES) blankMessage(data, message);
  }
  return bytes;
}

/** Where it is a form of `core::fmt`, its length stands before it, and a byte for each argument on either side. */
function blankMessage(data, message) {
  for (let at = data.indexOf(message, 'latin1'); at >= 0; at = data.indexOf(message, at, 'latin1')) {
    let [start, end] = [at, at + message.length];
    if (data[start - 1] === message.length) {
      start--;
      while (data[start - 1] === ARGUMENT) start--;
      while (data[end] === ARGUMENT) end++;
    }
    data.fill(0, start, end);
  }
}

/** The data segments: where each goes in memory, and where it stands in the module. */
function segments(bytes) {
  let at = 8;
  const number = () => {
    for (let [value, shift] = [0, 0]; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  const found = [];
  while (at < bytes.length) {
    const section = bytes[at++];
    const next = number() + at;
    if (section === DATA_SECTION) {
      for (let left = number(); left > 0; left--) {
        const [kind, opcode] = [bytes[at++], bytes[at++]];
        if (kind !== 0 || opcode !== 0x41)
          throw new Error('expected data segments at a fixed address, found another kind');
        const address = number();
        if (bytes[at++] !== 0x0b)
          throw new Error('expected the address of a data segment to be one number, found more');
        const length = number();
        found.push({ address, start: at, end: at + length });
        at += length;
      }
    }
    at = next;
  }
  return found;
}
