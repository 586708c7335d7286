import { Channel, noMoreEvents } from 'eventsource-wasm/server';

const jobs = new Map();

/** Starts a job, whose `work` reports a number from 0 to 1, and tells its name. */
export function start(work) {
  const name = crypto.randomUUID();
  const channel = new Channel({ history: { events: 100 } });
  jobs.set(name, channel);
  void work((done) => channel.publish({ event: 'progress', data: { done } }))
    .then(
      (result) => channel.publish({ event: 'result', data: result }),
      () => channel.publish({ event: 'failed', data: 'The job has failed.' }),
    )
    // Whoever comes back gets what it has missed, and then the status that tells it to stay away.
    .then(() => channel.close());
  return name;
}

/** The progress of the job that the query names: everybody may watch, come late, and come back. */
export function watch(request) {
  const channel = jobs.get(new URL(request.url).searchParams.get('job'));
  return channel ? channel.subscribe(request) : noMoreEvents();
}
