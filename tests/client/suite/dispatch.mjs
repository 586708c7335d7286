// What of a stream reaches whom.

export const dispatch = {
  'EventSource: handlers and listeners are each called once': async ({ api, server, assert }) => {
    const run = await server.script({ body: 'data: a\n\ndata: b\n\nevent: tick\ndata: c\n\n' });
    const source = new api.EventSource(run.url, { retry: { delay: 1e6, jitter: 0 } });
    const seen = [];
    const note = (by) => (event) => seen.push(`${by} ${event.type} ${event.data ?? event.error?.code ?? ''}`);
    const removed = note('removed');
    source.onmessage = removed;
    source.onmessage = note('handler');
    for (const type of ['open', 'error']) source[`on${type}`] = note('handler');
    for (const type of ['open', 'message', 'tick', 'error']) source.addEventListener(type, note('listener'));
    await new Promise((done) => source.addEventListener('error', () => setTimeout(done)));
    source.close();
    const expected = ['open', 'message a', 'message b', 'error stream-ended'].flatMap((what) => {
      const name = what.includes(' ') ? what : `${what} `;
      return [`handler ${name}`, `listener ${name}`];
    });
    expected.splice(-2, 0, 'listener tick c');
    assert.same(seen.sort(), expected.sort());
  },
};
