// The standard, sections 9.2.5 and 9.2.6, word by word: decode the whole stream, cut it into lines, take one after the other.
// Slow, obvious, and nothing like the parser it is compared with. Runs anywhere.

import { concat } from './cases.mjs';

/**
 * What the standard finds in a stream, as the items of a case, and the last event ID string at the end.
 *
 * @param {Uint8Array} bytes
 * @param {{ maxEventSize?: number, lastEventId?: string, flush?: boolean }} options
 */
export function reference(bytes, { maxEventSize = 16 * 1024 * 1024, lastEventId = '', flush = false } = {}) {
  const stream = new Stream(maxEventSize, lastEventId);
  const lines = cut(bytes);
  const unfinished = lines.pop();
  for (const line of lines) stream.processLine(line);
  // Once the end of the file is reached, any pending data must be discarded. Only its size may already be too much.
  if (stream.fits(unfinished) && flush) {
    if (unfinished.text !== '') stream.processLine(unfinished);
    if (!stream.skipping) stream.dispatch();
  }
  return { items: stream.items, lastEventId: stream.lastEventIdString };
}

class Stream {
  items = [];
  dataBuffer = '';
  eventTypeBuffer = '';
  skipping = false;

  constructor(maxEventSize, lastEventId) {
    this.maxEventSize = maxEventSize;
    this.lastEventIdString = this.lastEventIdBuffer = lastEventId;
    this.forget();
  }

  processLine(line) {
    if (line.text === '') {
      // If the line is empty (a blank line): dispatch the event.
      if (!this.skipping) this.dispatch();
      this.skipping = false;
      return;
    }
    if (!this.fits(line)) return;
    const colon = line.text.indexOf(':');
    let value = colon < 0 ? '' : line.text.slice(colon + 1);
    // If value starts with a U+0020 SPACE character, remove it from value.
    if (value.startsWith(' ')) value = value.slice(1);
    // If the line starts with a U+003A COLON character (:): ignore the line.
    if (colon === 0) this.items.push({ comment: value });
    // What stands before the value of a known field is ASCII, so that characters are bytes there.
    else {
      const field = colon < 0 ? line.text : line.text.slice(0, colon);
      this.processField(field, value, line.bytes - (line.text.length - value.length));
    }
  }

  processField(field, value, valueBytes) {
    if (field === 'event') {
      this.eventTypeBuffer = value;
      this.size.type = valueBytes;
    } else if (field === 'data') {
      this.dataBuffer += value + '\n';
      this.size.data += valueBytes + 1;
    } else if (field === 'id') {
      if (!value.includes('\0')) {
        this.lastEventIdBuffer = value;
        this.size.id = valueBytes;
      }
    } else if (field === 'retry') {
      if (/^[0-9]+$/.test(value)) this.items.push({ retry: toRetry(value) });
    } else {
      this.items.push({ field, value });
    }
  }

  dispatch() {
    // 1. Set the last event ID string of the event source to the value of the last event ID buffer.
    this.lastEventIdString = this.lastEventIdBuffer;
    if (this.dataBuffer === '') {
      // 2. If the data buffer is an empty string, set both buffers to the empty string and return.
      if (this.size.id !== undefined) this.items.push({ id: this.lastEventIdString });
    } else {
      // 3. If the data buffer's last character is a U+000A LINE FEED (LF) character, then remove it.
      const data = this.dataBuffer.replace(/\n$/, '');
      // 5. If the event type buffer has a value other than the empty string, change the type of the event.
      const type = this.eventTypeBuffer || 'message';
      this.items.push({ type, data, lastEventId: this.lastEventIdString });
    }
    this.forget();
  }

  /** 6. Set the data buffer and the event type buffer to the empty string. */
  forget() {
    this.dataBuffer = this.eventTypeBuffer = '';
    // For the limit, which is not the standard's, and for the `id` items.
    this.size = { data: 0, type: 0, id: undefined };
  }

  /** The limit is not the standard's: data without the LF at its end, type, an id of this event, and the line. */
  fits(line) {
    const event = Math.max(0, this.size.data - 1) + this.size.type + (this.size.id ?? 0);
    if (!this.skipping && event + line.bytes > this.maxEventSize) {
      this.items.push({ error: 'event-too-large' });
      this.forget();
      this.lastEventIdBuffer = this.lastEventIdString;
      this.skipping = true;
    }
    return !this.skipping;
  }
}

/** The lines of a stream, and what follows the last line end. */
function cut(stream) {
  // Streams must be decoded using the UTF-8 decode algorithm, which strips one leading BOM, as TextDecoder does.
  const texts = new TextDecoder().decode(stream).split(/\r\n|\n|\r/);
  const bom = stream[0] === 0xef && stream[1] === 0xbb && stream[2] === 0xbf ? 3 : 0;
  const sizes = [0];
  for (let at = bom; at < stream.length; at += 1) {
    const isCr = stream[at] === 0x0d;
    if (isCr && stream[at + 1] === 0x0a) at += 1;
    if (isCr || stream[at] === 0x0a) sizes.push(0);
    else sizes[sizes.length - 1] += 1;
  }
  if (sizes.length !== texts.length) throw new Error('decoding neither makes nor loses a line end');
  return texts.map((text, at) => ({ text, bytes: sizes[at] }));
}

/** Interpret the field value as an integer in base ten. */
function toRetry(digits) {
  return BigInt(digits) >= 2n ** 64n - 1n ? 'huge' : Number(digits);
}

/** A stream of random pieces of event stream syntax, and junk; `random` gives numbers in [0, 1). */
export function randomStream(random, pieces) {
  const pick = (from) => from[Math.floor(random() * from.length)];
  const encoder = new TextEncoder();
  const parts = [];
  for (let left = Math.floor(random() * pieces); left > 0; left -= 1) {
    if (random() < 0.1) parts.push(Uint8Array.from({ length: 1 + Math.floor(random() * 4) }, () => random() * 256));
    else parts.push(encoder.encode(pick(PIECES)));
  }
  return concat(parts);
}

const PIECES = [
  ...[
    '\n',
    '\n',
    '\n\n',
    '\n\n',
    '\r',
    '\r\n',
    '\r\r',
    '\r\n\r\n',
    'data',
    'data:',
    'data: ',
    'data: x\n',
    'data: y\n\n',
  ],
  ...[
    'event',
    'event:',
    'event: t\n',
    'id',
    'id:',
    'id: 1\n',
    'id: 22\n',
    'id\n',
    'retry: ',
    'retry: 10\n',
    ':',
    ': c\n',
    ' ',
    '\t',
  ],
  ...['\0', '\ufeff', '\u00e9', '\u6f22', '\ud83d\ude00', '\ufffd', 'abc', 'field: v\n', '0', '7', 'long '.repeat(30)],
];
