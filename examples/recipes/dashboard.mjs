import { Channel } from 'eventsource-wasm/server';

// A screen that is slow gets the newest value of each sensor, and none of those that it has missed.
const readings = new Channel({ overflow: 'latest-per-key', maxBuffer: 16 * 1024, history: { events: 0 } });

export const measured = (sensor, value) => readings.publish({ event: 'reading', key: sensor, data: { sensor, value } });

export default {
  fetch(request) {
    const room = new URL(request.url).searchParams.get('room');
    // What a session may see for an hour, it may see for an hour.
    return readings.subscribe(request, {
      maxDuration: 3_600_000,
      filter: ({ data }) => !room || JSON.parse(data).sensor.startsWith(`${room}/`),
    });
  },
};
