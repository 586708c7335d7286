import { EventSource } from 'eventsource-wasm';
import { Ledger } from './ledger.js';

/**
 * What the page tells its panels about a stream. `Received` is one event, `Attempt` one fetch of a connection.
 * @typedef {{ stream: string, type: string, id: string, data: string, size: number, at: number, sent: number | undefined,
 *   delay: number | undefined, replayed: boolean }} Received
 * @typedef {{ stream: string, number: number, method: string, path: string, authorization: boolean, lastEventId: string,
 *   at: number, state: 'connecting' | 'open' | 'waiting' | 'failed' | 'closed', status?: number, took?: number,
 *   events: number, error?: any, reason?: string, ended?: number }} Attempt
 * @typedef {'idle' | 'connecting' | 'open' | 'waiting' | 'failed' | 'closed'} State
 */

const utf8 = new TextEncoder();

/** Sooner than the default, as someone is watching. The server's `retry` still counts where it is longer. */
export const quickRetry = { delay: 400, maxDelay: 5000 };

/**
 * A stream of the page: an `EventSource` of eventsource-wasm, watched. It tells its listeners of `received`, `attempt`
 * (a new or changed one), `state` and `resumed`, all as CustomEvents.
 */
export class WatchedStream extends EventTarget {
  /** @type {State} */
  state = 'idle';
  /** @type {EventSource | undefined} */
  #source;
  /** Counts the calls of `open`: what an earlier one still says is not listened to. */
  #run = 0;
  /** @type {Attempt | undefined} */
  attempt;
  attempts = 0;
  /** @type {any} the error that came last */
  error;
  /** Time at which the connection was found broken, while nothing has arrived since. */
  #lostAt = 0;
  /** @type {number | undefined} ms from the loss to the next event */
  timeToResume;
  /** @type {string | undefined} the id that the last resuming request carried */
  resumedFrom;
  ledger = new Ledger(0);
  client = '';
  /** The id of the event that came last. */
  lastEventId = '';
  /** It drops its connection while the page is hidden, of which there is no event. */
  #pausesWhenHidden = false;

  /** @param {string} name @param {string[]} types the event types to listen to */
  constructor(name, types) {
    super();
    this.name = name;
    this.types = types;
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden' && this.#pausesWhenHidden) this.#hidden();
    });
  }

  get isLive() {
    return this.state === 'connecting' || this.state === 'open' || this.state === 'waiting';
  }

  /**
   * Opens the stream. One that is open is closed first.
   * @param {string} path
   * @param {object} options
   * @param {any} [options.init] of the `EventSource`
   * @param {number} options.first sequence number of the first event, where the stream is a new one
   * @param {boolean} [options.goOn] keeps counting where the last connection stopped
   * @param {(event: { type: string, data: string, lastEventId: string }) => { seq?: number, sent?: number, replayed?: boolean }} options.read
   *   takes from an event what the page measures
   * @param {(event: MessageEvent) => void} [options.onEvent]
   */
  open(path, { init = {}, first, goOn = false, read, onEvent }) {
    this.close('replaced by a new request');
    if (!goOn) this.#startOver(first);
    // The name under which the server can be asked to cut this connection.
    this.client ||= `${this.name}-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
    const url = new URL(path, location.href);
    url.searchParams.set('client', this.client);
    const run = ++this.#run;
    this.#pausesWhenHidden = Boolean(init.pauseWhenHidden);
    this.#set('connecting');
    const source = new EventSource(url, { ...init, fetch: (input, request) => this.#fetch(run, input, request) });
    this.#source = source;
    source.addEventListener('open', () => {
      if (this.#run === run) this.#opened();
    });
    source.addEventListener('error', (event) => {
      if (this.#run === run) this.#failed(/** @type {any} */ (event).error);
    });
    const receive = (/** @type {any} */ event) => {
      if (this.#run !== run || !this.isLive) return;
      this.#received(event, read(event));
      onEvent?.(event);
    };
    for (const type of this.types) source.addEventListener(type, receive);
  }

  /** @param {string} reason shown in the timeline */
  close(reason) {
    if (!this.isLive) return;
    this.#source?.close();
    this.#end('closed', reason);
    this.#set('closed');
  }

  /** Asks the server to drop its side in the middle of a frame. Throws an Error that says why it did not. */
  async cut() {
    const response = await fetch(`/api/cut?client=${encodeURIComponent(this.client)}`, { method: 'POST' });
    if (!response.ok) {
      const body = await response.json().catch(() => ({}));
      throw new Error(body.detail ?? `expected status 200, found ${response.status}`);
    }
  }

  /** @param {number} first */
  #startOver(first) {
    this.ledger = new Ledger(first);
    this.lastEventId = '';
    this.error = this.timeToResume = this.resumedFrom = undefined;
    this.#lostAt = 0;
  }

  /**
   * Passes a request on, having noted it: only here it is seen what is really sent.
   * @param {number} run
   * @param {RequestInfo | URL} input
   * @param {RequestInit} [request]
   */
  async #fetch(run, input, request) {
    const asked = input instanceof Request ? input : undefined;
    const headers = new Headers(request?.headers ?? asked?.headers);
    const url = new URL(asked?.url ?? String(input), location.href);
    url.searchParams.delete('client');
    /** @type {Attempt} */
    const attempt = {
      stream: this.name,
      number: ++this.attempts,
      method: request?.method ?? asked?.method ?? 'GET',
      path: url.pathname + url.search,
      authorization: headers.has('authorization'),
      lastEventId: headers.get('last-event-id') ?? '',
      at: Date.now(),
      state: 'connecting',
      events: 0,
    };
    if (this.#run === run) {
      this.attempt = attempt;
      if (attempt.lastEventId) this.resumedFrom = attempt.lastEventId;
      this.#set('connecting');
    }
    this.#tell('attempt', attempt);
    const response = await fetch(input, request);
    attempt.status = response.status;
    attempt.took = Date.now() - attempt.at;
    this.#tell('attempt', attempt);
    return response;
  }

  #opened() {
    if (this.attempt) this.attempt.state = 'open';
    this.#tell('attempt', this.attempt);
    this.#set('open');
  }

  /** @param {any} error an EventSourceError */
  #failed(error) {
    this.error = error;
    if (this.state === 'open') {
      this.#lostAt = Date.now();
      this.timeToResume = undefined;
    }
    const state = error?.willRetry ? 'waiting' : 'failed';
    this.#end(state, undefined, error);
    this.#set(state);
  }

  #hidden() {
    if (this.state !== 'open' && this.state !== 'connecting') return;
    this.error = this.timeToResume = undefined;
    this.#lostAt = Date.now();
    this.#end('closed', 'dropped while the page is hidden');
    this.#set('waiting');
  }

  /** @param {any} event @param {{ seq?: number, sent?: number, replayed?: boolean }} measured */
  #received(event, { seq, sent, replayed = false }) {
    const at = Date.now();
    this.lastEventId = event.lastEventId;
    if (seq !== undefined) this.ledger.see(seq);
    if (this.attempt) this.attempt.events++;
    if (this.#lostAt) {
      this.timeToResume = at - this.#lostAt;
      this.#lostAt = 0;
      this.#tell('resumed', undefined);
    }
    /** @type {Received} */
    const received = {
      stream: this.name,
      type: event.type,
      id: event.lastEventId,
      data: event.data,
      size: utf8.encode(event.data).length,
      at,
      sent,
      delay: sent === undefined ? undefined : Math.max(0, at - sent),
      replayed,
    };
    this.#tell('received', received);
  }

  /** @param {Attempt['state']} state @param {string} [reason] @param {any} [error] */
  #end(state, reason, error) {
    if (!this.attempt) return;
    Object.assign(this.attempt, { state, reason, error, ended: Date.now() });
    this.#tell('attempt', this.attempt);
  }

  /** @param {State} state */
  #set(state) {
    this.state = state;
    this.#tell('state', state);
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
