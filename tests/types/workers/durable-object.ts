// A Worker with Durable Objects, by Cloudflare's types and without those of a browser.

import { DurableObject } from 'cloudflare:workers';
import { ChannelObject, sqliteStore } from 'eventsource-wasm/durable-object';
import { Channel } from 'eventsource-wasm/server';

interface Env {
  ROOMS: DurableObjectNamespace<Room>;
  PLAIN: DurableObjectNamespace<ChannelObject>;
  SECRET: string;
}

export class Room extends ChannelObject<Env, DurableObjectState> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, { history: { age: 24 * 3600_000 }, ids: { secret: env.SECRET }, heartbeat: false });
    // @ts-expect-error the store is the object's own
    new ChannelObject(ctx, env, { store: sqliteStore(ctx.storage) });
  }

  override fetch(request: Request): Response {
    return this.channel.subscribe(request, { filter: ({ type }) => type === 'said' });
  }

  async alarm(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + this.env.SECRET.length);
    await this.publish('tick');
  }
}

/** A channel within an object that is something else. */
export class Other extends DurableObject<Env> {
  readonly channel = new Channel({ store: sqliteStore(this.ctx.storage, { table: 'events', events: 10 }) });
}

export { ChannelObject };

export default {
  async fetch(request, env) {
    const room = env.ROOMS.getByName('lobby');
    const id: string = await room.publish({ event: 'said', data: { text: 'Hi' } });
    const size: number = await room.size();
    await env.PLAIN.getByName(id).drain(size);
    await room.close();
    // @ts-expect-error an event's type is text
    await room.publish({ event: 1 });
    // @ts-expect-error what is protected cannot be got at by calls
    room.channel;
    return room.fetch(request);
  },
} satisfies ExportedHandler<Env>;
