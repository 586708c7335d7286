import { fingerprint } from '../worker/text.js';
import { announce } from './announce.js';
import { byId, calmly, el, icon } from './dom.js';
import { failure, setUpResume, setUpState } from './resume.js';
import { quickRetry, WatchedStream } from './stream.js';

/** Label and prompt. */
const suggestions = [
  ['Resume after a cut', 'How does a stream resume after a cut?'],
  ['SSE or WebSocket?', 'When would you take an event stream, and when a WebSocket?'],
  ['Ten languages', 'Say hello in ten languages'],
  ['At the edge', 'What runs at the edge?'],
];

/** The prompt box and its answer. @returns {WatchedStream} */
export function setUpChat() {
  const stream = new WatchedStream('chat', ['message']);
  const form = byId('chat-form');
  const prompt = byId('prompt');
  const answer = new Answer(byId('answer'));
  answer.hint(
    'The prompt goes out as the JSON body of a POST, with an Authorization header; the answer comes back as a stream of JSON deltas. Cut it while it is being written.',
  );

  form.addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    if (prompt.value.trim()) ask(stream, answer, prompt.value, byId('token').value);
  });
  prompt.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  byId('stop').addEventListener('click', () => {
    stream.close('stopped by the reader');
    answer.end('Stopped.');
  });
  for (const [label, text] of suggestions) {
    const chip = el('button', { type: 'button', title: text }, label);
    chip.addEventListener('click', () => {
      prompt.value = text;
      form.requestSubmit();
    });
    byId('chips').append(el('li', {}, chip));
  }

  stream.addEventListener('state', () => {
    byId('stop').disabled = !stream.isLive;
    byId('answer').setAttribute('aria-busy', String(stream.isLive));
    if (stream.state === 'waiting') answer.lost(stream.error);
    if (stream.state === 'failed') {
      answer.failed(stream.error);
      announce('chat', `The answer failed: ${stream.error?.message}`);
    }
  });
  stream.addEventListener('resumed', () => answer.resumed());
  setUpState(byId('chat-state'), stream);
  setUpResume(byId('chat-resume'), stream);
  return stream;
}

/** @param {WatchedStream} stream @param {Answer} answer @param {string} prompt @param {string} token */
function ask(stream, answer, prompt, token) {
  answer.start();
  announce('chat', 'Answer started.');
  /** @type {{ completion_tokens: number, fingerprint: string } | undefined} */
  let usage;
  stream.open('/api/chat', {
    first: 0,
    init: {
      retry: quickRetry,
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ prompt }),
    },
    read: ({ data, lastEventId }) => {
      // The end mark belongs to the wire shape; it has no number of its own.
      if (data === '[DONE]') return {};
      return { seq: Number(lastEventId.split('.')[1]), sent: JSON.parse(data).t };
    },
    onEvent: ({ data }) => {
      if (data === '[DONE]') {
        stream.close('finished: [DONE]');
        answer.finish(usage);
        return;
      }
      const chunk = JSON.parse(data);
      usage = chunk.usage ?? usage;
      answer.add(chunk.choices[0].delta.content ?? '');
    },
  });
}

/** The text as it comes. Marks and messages are elements without text of their own, the tokens are text nodes. */
class Answer {
  #text = '';
  #tokens = 0;
  #caret = el('span', { class: 'caret', 'aria-hidden': 'true' });
  /** @type {HTMLElement | undefined} */
  #note;
  /** Whether the end is in view. Kept up by scrolling, as measuring it at every token would cost a layout each. */
  #atEnd = true;
  #follow = calmly(() => {
    if (this.#atEnd) this.root.scrollTop = this.root.scrollHeight;
  });

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    root.addEventListener('scroll', () => {
      this.#atEnd = root.scrollHeight - root.scrollTop - root.clientHeight < 48;
    });
  }

  /** @param {string} text */
  hint(text) {
    this.root.replaceChildren(el('p', { class: 'hint' }, text));
  }

  start() {
    this.#text = '';
    this.#tokens = 0;
    this.#note = undefined;
    this.#atEnd = true;
    this.root.replaceChildren(el('span', { id: 'answer-text' }), this.#caret);
  }

  /** @param {string} token */
  add(token) {
    if (!token) return;
    this.#text += token;
    this.#tokens++;
    this.root.firstElementChild?.append(token);
    this.#follow();
  }

  /** @param {any} error */
  lost(error) {
    this.#show(failure(error));
  }

  resumed() {
    this.#note?.remove();
    const label = `cut here, resumed with token ${this.#tokens}`;
    this.root.firstElementChild?.append(el('span', { class: 'seam', role: 'img', 'aria-label': label, title: label }));
  }

  /** @param {any} error */
  failed(error) {
    this.#caret.remove();
    this.#show(failure(error));
  }

  /** @param {string} text */
  end(text) {
    this.#caret.remove();
    this.#show(el('p', { class: 'outcome' }, text));
    announce('chat', text);
  }

  /**
   * Compares what was put together with what the server says it sent.
   * @param {{ completion_tokens: number, fingerprint: string } | undefined} usage
   */
  finish(usage) {
    this.#caret.remove();
    const whole = usage?.fingerprint === fingerprint(this.#text) && usage.completion_tokens === this.#tokens;
    const text = whole
      ? `Complete: ${this.#tokens} tokens, fingerprint ${usage.fingerprint} as sent`
      : `Not as sent: expected ${usage?.completion_tokens} tokens (${usage?.fingerprint}), found ${this.#tokens} (${fingerprint(this.#text)})`;
    this.#show(
      el(
        'p',
        { class: whole ? 'outcome good' : 'outcome', id: 'answer-outcome', 'data-whole': String(whole) },
        icon(whole ? 'check' : 'alert'),
        text,
      ),
    );
    announce('chat', `Answer complete, ${this.#tokens} tokens.`);
  }

  /** @param {HTMLElement} note */
  #show(note) {
    this.#note?.remove();
    this.#note = note;
    this.root.append(note);
    this.#follow();
  }
}
