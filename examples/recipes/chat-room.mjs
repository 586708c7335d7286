import { ChannelObject } from 'eventsource-wasm/durable-object';

/** What is said in one room. Who comes back within a day, from wherever, gets what was said meanwhile. */
export class Room extends ChannelObject {
  constructor(ctx, env) {
    super(ctx, env, { history: { age: 24 * 3_600_000 } });
  }
}

export default {
  async fetch(request, env) {
    // Nobody gets to a room but through here: this decides who may read and who may speak.
    const { pathname, searchParams } = new URL(request.url);
    const user = env.USERS[searchParams.get('token')];
    if (!user) return new Response('expected the token of a user\n', { status: 403 });
    const room = env.ROOMS.getByName(pathname);
    if (request.method !== 'POST') return room.fetch(request);
    const id = await room.publish({ event: 'said', data: { user, text: await request.text() } });
    return Response.json({ id });
  },
};
