// A stream of 2 KB in which every event can be told from the others, for cuts at every byte: ids with and without data,
// all three line ends, several lines, comments, types, and characters of one to four bytes.

const TEXTS = ['x', 'two\nlines', 'é漢🚀', '', ' leading space', 'a: b\n\nc'];
const EOLS = ['\n', '\r\n', '\r'];
export const TYPES = ['message', 'tick'];

/** `{ id, event, start, end, complete }` each; `complete` is the byte with which the frame counts, `event` what is read of it. */
export const frames = [];
/** The whole stream. */
export let bytes = new Uint8Array();

for (let number = 1; bytes.length < 2048; number++) add(number);
add('end');

function add(number) {
  const eol = number === 'end' ? '\n' : EOLS[number % 3];
  const id = number === 'end' ? 'end' : `${number}${number % 5 === 0 ? '字' : ''}`;
  const bare = number % 7 === 0;
  const type = TYPES[number % 4 === 0 ? 1 : 0];
  const data = `${number} ${TEXTS[number % TEXTS.length] ?? ''}`;
  const lines = [...(number % 3 === 0 ? [': comment'] : []), `id: ${id}`];
  if (!bare && type !== 'message') lines.push(`event: ${type}`);
  if (!bare) lines.push(...data.split('\n').map((line) => `data: ${line}`));
  const text = new TextEncoder().encode([...lines, '', ''].join(eol));
  const [start, end] = [bytes.length, bytes.length + text.length];
  // A CR ends the blank line at once; the LF behind it is swallowed.
  const complete = eol === '\r\n' ? end - 1 : end;
  frames.push({ id, event: bare ? undefined : { type, data, lastEventId: id }, start, end, complete });
  bytes = Uint8Array.of(...bytes, ...text);
}

/** What a reader of the whole stream gets. */
export const events = frames.map(({ event }) => event).filter(Boolean);

/** The last event ID behind so many bytes; empty before the first. */
export function idAt(offset) {
  return frames.findLast(({ complete }) => complete <= offset)?.id ?? '';
}

/** Where the stream goes on for a reader with this last event ID. */
export function startAfter(id) {
  return id ? frames.find((frame) => frame.id === id).end : 0;
}
