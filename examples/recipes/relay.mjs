import { connect } from 'eventsource-wasm';
import { eventStream } from 'eventsource-wasm/server';

export default {
  fetch(request, env) {
    return eventStream(request, async (stream) => {
      const source = await connect(env.SOURCE, { lastEventId: stream.lastEventId });
      stream.signal.addEventListener('abort', () => source.close());
      for await (const { type, data, lastEventId } of source) {
        if (type === 'ping') continue;
        await stream.send({ event: type, id: lastEventId, data });
      }
    });
  },
};
