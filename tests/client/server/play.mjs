// Plays one answer of a script on a raw socket. What an answer can have is described in tests/client/README.md.

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { constants, createBrotliCompress, createGzip } from 'node:zlib';

// Any page may ask anything and see everything.
const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' };

/**
 * Writes `answer` to `out` (`{ socket, gate(name), wrote(bytes), ends() }`). Tells whether the socket can take another request; a
 * hanging answer never settles, as long as the socket does not close.
 */
export async function play(answer, out) {
  const { end = 'done', framing = 'chunked', body = [], encoding } = answer;
  if (answer.hold) await out.gate(answer.hold);
  const pieces = [body].flat();
  // Before it is written: the client may know of the end, and come back, earlier than this process learns that it has written.
  const ends = () => end === 'hang' || out.ends();
  const bodiless = answer.status === 204 || answer.status === 304;
  const frame = bodiless || framing !== 'chunked' ? (bytes) => bytes : chunk;
  if (!pieces.length) ends();
  await write(out, answer.raw === undefined ? head(answer, framing, bodiless) : latin1(answer.raw));
  const code = coder(encoding);
  for (const piece of pieces) await send(piece, out, frame, code);
  const rest = await code.end();
  if (rest.length) await write(out, frame(rest));
  ends();
  if (end === 'hang') return new Promise(() => undefined);
  if (end === 'reset') return void out.socket.resetAndDestroy();
  if (end === 'fin') return void out.socket.end();
  if (framing === 'chunked' && !bodiless) await write(out, latin1('0\r\n\r\n'));
  // What the head said of the socket holds for its end too, except where that is the fault.
  if (framing === 'close' || answer.after === 'fin') return void out.socket.end();
  return true;
}

async function send(piece, out, frame, code) {
  if (typeof piece === 'string') return sendBytes(Buffer.from(piece), out, frame, code);
  if (piece.bytes !== undefined) return sendBytes(latin1(piece.bytes), out, frame, code);
  if (piece.raw !== undefined) return write(out, latin1(piece.raw));
  if (piece.wait !== undefined) return sleep(piece.wait);
  if (piece.gate !== undefined) return out.gate(piece.gate);
  if (piece.drip !== undefined) {
    for (const byte of Buffer.from(piece.drip)) {
      await sendBytes(Buffer.of(byte), out, frame, code);
      await nextTurn();
    }
    return;
  }
  if (piece.flood !== undefined) {
    const bytes = frame(Buffer.from(piece.flood));
    for (let sent = 0; sent < piece.size; sent += bytes.length) await write(out, bytes);
    return;
  }
  throw new Error(`expected a piece of a body, found ${JSON.stringify(piece)}`);
}

async function sendBytes(bytes, out, frame, code) {
  const coded = await code.take(bytes);
  if (coded.length) await write(out, frame(coded));
}

/** Resolves when the kernel has taken the bytes: what it does not take counts as not written. */
function write({ socket, wrote }, bytes) {
  return new Promise((done, fail) => {
    socket.write(bytes, (error) => {
      if (error) return fail(error);
      wrote(bytes.length);
      done();
    });
  });
}

function head({ status = 200, reason = 'Reason', headers = {} }, framing, bodiless) {
  const all = { 'cache-control': 'no-store', ...CORS, 'content-type': 'text/event-stream', ...headers };
  if (framing === 'close') all.connection = 'close';
  else if (!bodiless && framing === 'chunked') all['transfer-encoding'] = 'chunked';
  else if (!bodiless) all['content-length'] = framing;
  if (bodiless) delete all['content-type'];
  const lines = Object.entries(all)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${valueOf(value)}\r\n`);
  return latin1(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n`);
}

/** `{ date: milliseconds }` is an HTTP date so far from now, as a script that goes over the wire can't have it. */
function valueOf(value) {
  return value?.date === undefined ? value : new Date(Date.now() + value.date).toUTCString();
}

function chunk(bytes) {
  return Buffer.concat([latin1(`${bytes.length.toString(16)}\r\n`), bytes, latin1('\r\n')]);
}

/** A content coding that gives out all it was given, so that an event does not wait for the next. */
function coder(encoding) {
  if (!encoding) return { take: async (bytes) => bytes, end: async () => Buffer.alloc(0) };
  const stream = encoding === 'br' ? createBrotliCompress() : createGzip();
  const flush = encoding === 'br' ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH;
  let coded = [];
  stream.on('data', (piece) => coded.push(piece));
  const taken = () => {
    const bytes = Buffer.concat(coded);
    coded = [];
    return bytes;
  };
  return {
    take: (bytes) =>
      new Promise((done) => {
        stream.write(bytes);
        stream.flush(flush, () => done(taken()));
      }),
    end: () => new Promise((done) => stream.once('end', () => done(taken())).end()),
  };
}

function latin1(text) {
  return Buffer.from(text, 'latin1');
}

/**
 * The answer to a preflight: yes to whatever is asked. Its socket is not kept, as what is reset on a kept socket, browsers send
 * again by themselves.
 */
export function preflight(header) {
  return {
    status: 204,
    framing: 'close',
    headers: {
      'access-control-allow-methods': header('access-control-request-method') ?? '*',
      'access-control-allow-headers': header('access-control-request-headers') ?? '*',
      'access-control-max-age': 600,
    },
  };
}
