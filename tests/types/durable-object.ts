// Without Cloudflare's types: what is needed of them is declared.

import { ChannelObject, type ObjectContext, type ObjectStorage, sqliteStore } from 'eventsource-wasm/durable-object';
import { Channel, type ChannelStore } from 'eventsource-wasm/server';

class Room extends ChannelObject<{ SECRET: string }> {
  constructor(ctx: ObjectContext, env: { SECRET: string }) {
    super(ctx, env, { history: { events: 10, bytes: 1000, age: 1000, table: 'room' }, ids: { secret: env.SECRET } });
  }
}

declare const context: ObjectContext;
const room = new Room(context, { SECRET: 'x' });
const id: Promise<string> = room.publish({ event: 'a', data: new Uint8Array(1), key: 'k' });
const answer: Response | Promise<Response> = room.fetch(new Request('http://localhost/'));
const over: Promise<void> = room.drain();
const size: number = room.size();
// @ts-expect-error
room.channel;

declare const storage: ObjectStorage;
const store: ChannelStore = sqliteStore(storage);
new Channel({ store });
// @ts-expect-error
sqliteStore(storage.sql);
