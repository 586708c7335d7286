// The fault server as a check sees it, with nothing but `fetch`.

import { settle } from '../../e2e/check.mjs';

const POLL_MS = 10;

/** This answer, and for all further requests too. */
export const always = (answer) => ({ ...answer, forever: true });

/** `script(…)` makes a run of the server whose scripts go to `control`. */
export function remote(control, fetch = globalThis.fetch) {
  const ask = async (path, init) => {
    const response = await fetch(control + path, init);
    if (!response.ok) throw new Error(`expected the fault server to answer ${path}, found status ${response.status}`);
    return response.json();
  };
  return {
    /** Answers in their order, then 204; or the whole script (see tests/client/README.md). */
    async script(...answers) {
      const script = answers.length === 1 && !isAnswer(answers[0]) ? answers[0] : { answers };
      // As text, so that a page of another origin needs no preflight.
      return new Run(await ask('/script', { method: 'POST', body: JSON.stringify(script) }), ask);
    },
  };
}

const isAnswer = (value) => !['answers', 'paths', 'story'].some((key) => key in value);

class Run {
  #ask;

  constructor(url, ask) {
    this.url = url;
    this.#ask = ask;
  }

  async log() {
    return readable(await this.#ask(`/log?run=${this.url}`));
  }

  /** Lets the answer go on that waits at this gate, now or later. */
  open(gate) {
    return this.#ask(`/open?run=${this.url}&gate=${gate}`, { method: 'POST' });
  }

  /** The log, as soon as `condition(log)` holds. */
  async until(condition) {
    for (;;) {
      const log = await this.log();
      if (condition(log)) return log;
      await settle(POLL_MS);
    }
  }

  /** The log, when no exchange of the run is open any more, and has been none for a while. */
  async over() {
    await this.until(({ open }) => open === 0);
    await settle();
    return this.until(({ open }) => open === 0);
  }
}

/** Header values and bodies come as a character a byte. */
function readable(log) {
  for (const request of log.requests) {
    request.header = (wanted) => utf8(request.headers.find(([name]) => name === wanted)?.[1]);
    request.id = utf8(request.lastEventId);
    request.text = utf8(request.body);
  }
  return { ...log, ids: log.requests.map(({ id }) => id), gaps: gapsOf(log.requests) };
}

/** From the end of each exchange to the next request, in milliseconds. */
function gapsOf(requests) {
  return requests.slice(1).map(({ at }, before) => at - requests[before].ended);
}

function utf8(bytes) {
  if (bytes === undefined || /^[\0-\x7f]*$/.test(bytes)) return bytes;
  return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}
