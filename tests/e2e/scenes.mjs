// What a page sees of an EventSource. Each scene runs in the page, so it knows nothing of this module: it is given the class
// and a name for its connections, and answers what it has seen.

export const scenes = {
  async 'constants on the class and on instances'(EventSource) {
    const source = new EventSource('/quiet');
    const names = ['CONNECTING', 'OPEN', 'CLOSED'];
    const found = { class: names.map((name) => EventSource[name]), instance: names.map((name) => source[name]) };
    source.close();
    return {
      ...found,
      target: source instanceof EventTarget,
      own: source instanceof EventSource,
      name: EventSource.name,
      required: EventSource.length,
    };
  },

  async 'url and withCredentials'(EventSource) {
    const base = document.head.appendChild(document.createElement('base'));
    const sources = [];
    const make = (...args) => (sources.push(new EventSource(...args)), sources.at(-1).url);
    const urls = ['/quiet', 'quiet?a=b#c', '', new URL('/quiet', location.href), { toString: () => '/quiet/../x y' }];
    const found = urls.map((url) => make(url));
    base.href = '/deeper/and/';
    found.push(make('quiet'));
    base.remove();
    const values = [true, false, 1, 0, 'yes', '', null];
    const credentials = [{}, ...values.map((withCredentials) => ({ withCredentials })), undefined, null];
    const flags = credentials.map((init) => (make('/quiet', init), sources.at(-1).withCredentials));
    for (const source of sources) source.close();
    return { found, flags };
  },

  async 'constructor errors'(EventSource) {
    const attempt = (make) => {
      try {
        make().close();
        return 'none';
      } catch (error) {
        return `${error.name} ${error instanceof DOMException} ${error.code ?? ''}`;
      }
    };
    return [
      attempt(() => new EventSource('http://[')),
      attempt(() => new EventSource('http://')),
      attempt(() => EventSource('/quiet')),
    ];
  },

  async 'readyState from start to close'(EventSource, run) {
    const states = [];
    const source = new EventSource(`/burst?count=3&run=${run}`);
    states.push(['new', source.readyState]);
    await new Promise((done) => {
      for (const type of ['open', 'message', 'error']) {
        source.addEventListener(type, (event) => {
          states.push([type, source.readyState, event.data]);
          if (event.data === '3') done();
        });
      }
    });
    source.close();
    states.push(['closed', source.readyState]);
    source.close();
    states.push(['again', source.readyState]);
    return states;
  },

  async 'readyState and errors over cuts, to the final one'(EventSource, run) {
    const states = [];
    const source = new EventSource(`/cutting?run=${run}`, { retry: { delay: 1 } });
    await new Promise((done) => {
      for (const type of ['open', 'message', 'error']) {
        source.addEventListener(type, (event) => {
          states.push([type, source.readyState, event.data ?? null, event.lastEventId ?? null]);
          if (source.readyState === 2) done();
        });
      }
    });
    const log = await (await fetch(`/log?run=${run}`)).json();
    return { states, log };
  },

  async 'the events: class, type, data, origin, lastEventId, flags'(EventSource, run) {
    const text = 'data: a\n\nevent: greeting\ndata: b\ndata: c\nid: 7é\n\nevent: open\ndata: d\n\n';
    const query = new URLSearchParams({ text, type: 'text/event-stream', open: 1 });
    const source = new EventSource(`/raw?run=${run}&${query}`);
    const found = [];
    await new Promise((done) => {
      for (const type of ['open', 'message', 'greeting', 'error']) {
        source.addEventListener(type, (event) => {
          const { data, lastEventId, origin, bubbles, cancelable, composed, ports } = event;
          const target = [event.target === source, event.currentTarget === source];
          const kinds = [event instanceof MessageEvent, event.constructor.name, event.type];
          found.push([kinds, data, lastEventId, origin, bubbles, cancelable, composed, ports?.length, target]);
          if (data === 'd') done();
        });
      }
    });
    source.close();
    return found;
  },

  async 'on… attributes are listeners, called in the order in which they were first set'(EventSource, run) {
    const seen = [];
    const source = new EventSource(`/burst?count=4&run=${run}`);
    const note = (name) =>
      function (event) {
        seen.push(`${name} ${event.data} ${this === source}`);
      };
    const initial = [source.onopen, source.onmessage, source.onerror];
    source.addEventListener('message', note('first'));
    source.onmessage = note('old');
    source.addEventListener('message', note('second'));
    const handler = note('new');
    source.onmessage = handler;
    const same = source.onmessage === handler;
    source.addEventListener('message', ({ data }) => {
      if (data === '1') source.onmessage = null;
      if (data === '2') source.onmessage = note('behind');
      if (data === '3') source.onmessage = 'no function';
    });
    await new Promise((done) => source.addEventListener('message', ({ data }) => data === '4' && done()));
    source.close();
    return { initial, same, after: source.onmessage, seen };
  },

  async 'listeners: once, signal, objects, removal, twice the same'(EventSource, run) {
    const seen = [];
    const source = new EventSource(`/burst?count=3&run=${run}`);
    const controller = new AbortController();
    const note = (name) => (event) => void seen.push(`${name} ${event.data}`);
    const twice = note('twice');
    const removed = note('removed');
    source.addEventListener('message', note('once'), { once: true });
    source.addEventListener('message', note('signal'), { signal: controller.signal });
    source.addEventListener('message', { handleEvent: note('object') });
    source.addEventListener('message', twice);
    source.addEventListener('message', twice);
    source.addEventListener('message', removed);
    source.removeEventListener('message', removed);
    source.addEventListener('message', null);
    source.addEventListener('message', (event) => {
      if (event.data === '1') controller.abort();
      if (event.data === '2') event.stopImmediatePropagation();
    });
    source.addEventListener('message', note('last'));
    await new Promise((done) => source.addEventListener('message', ({ data }) => data === '3' && done()));
    source.close();
    source.dispatchEvent(new MessageEvent('message', { data: 'own' }));
    return seen;
  },

  async 'close() within a batch, and nothing after it'(EventSource, run) {
    const seen = [];
    const source = new EventSource(`/burst?count=50&run=${run}`);
    await new Promise((done) => {
      source.onmessage = ({ data }) => {
        seen.push(data);
        if (data === '7') (source.close(), done());
      };
      source.addEventListener('message', ({ data }) => seen.push(`other ${data}`));
      source.onerror = () => seen.push('error');
    });
    await new Promise((done) => setTimeout(done, 50));
    return { seen, readyState: source.readyState };
  },

  async 'close() at once sends no event'(EventSource) {
    const seen = [];
    const source = new EventSource('/burst?count=3');
    for (const type of ['open', 'message', 'error']) source.addEventListener(type, () => seen.push(type));
    source.close();
    await new Promise((done) => setTimeout(done, 50));
    return { seen, readyState: source.readyState };
  },

  async 'responses that open no stream'(EventSource) {
    const found = [];
    const urls = ['/status?status=404', '/status?status=500', '/quiet', '/raw?text=data', '/raw?text=x&type=text/html'];
    for (const url of [...urls, 'ftp://localhost/', 'foo:bar']) {
      const source = new EventSource(url);
      await new Promise((done) => {
        source.onopen = () => (found.push([url, 'open']), done());
        source.onerror = (event) => (found.push([url, event.type, source.readyState]), done());
      });
      source.close();
    }
    return found;
  },
};
