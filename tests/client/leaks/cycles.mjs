// Opens, reads and closes connections, in Node and in a page.

/** Connections between two collections; the memory behind the first so many is what is compared with. */
export const STEP = 100;

const AT_A_TIME = 4;
const TAKEN = 3;

/** Notes the memory of every instance that is made from now on: call it before the package is imported. */
export function watchMemory() {
  const memories = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(...args) {
      super(...args);
      memories.push(this.exports.memory);
    }
  };
  return () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

/** Runs so many cycles: each of the two faces, left in the middle of a stream or at its end. */
export async function cycles(api, count, { endless, ending }) {
  let left = count;
  const work = async () => {
    while (left > 0) await WAYS[left-- % WAYS.length](api, { endless, ending });
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}

const WAYS = [
  async (api, { endless }) => {
    let taken = 0;
    for await (const { data } of await api.connect(endless)) if (data && ++taken === TAKEN) break;
  },
  (api, { endless }) =>
    new Promise((done) => {
      let taken = 0;
      const source = new api.EventSource(endless);
      source.onmessage = () => ++taken === TAKEN && (source.close(), done());
    }),
  async (api, { ending }) => {
    let taken = 0;
    const init = { method: 'POST', body: 'x', headers: () => ({ 'x-own': 'y' }), resume: 'never' };
    for await (const { data } of await api.connect(ending, init)) taken += data ? 1 : 0;
    if (taken < TAKEN) throw new Error(`expected all events, found ${taken}`);
  },
  async (api, { endless }) => {
    const controller = new AbortController();
    const stream = await api.connect(endless, { signal: controller.signal });
    try {
      for await (const { data } of stream) if (data) controller.abort();
    } catch (error) {
      if (error.code !== 'aborted') throw error;
    }
  },
];

/** Scripts of the two streams, for the fault server. */
const EVENTS = Array.from({ length: 10 }, (_, id) => `id: ${id}\nevent: message\ndata: event ${id} 漢\n\n`).join('');
export const SCRIPTS = {
  endless: { body: [EVENTS, { gate: 'never' }], framing: 'close', forever: true },
  ending: { body: [EVENTS], framing: 'close', forever: true },
};

export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}
