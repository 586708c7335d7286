// Which timers a stream has made and not given back. To be imported before the package, which calls what stands here then.

const { setTimeout } = globalThis;
/** For the handler itself: a timer of its own is none of a stream's. */
export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** The stream in whose code this is, while it makes timers. */
let owner;
/** By stream, what is active. */
const active = new Map();

/** Runs `work`; timers that it makes are those of `name`, and so are those that these make. */
export function timersOf(name, work) {
  const before = owner;
  owner = name;
  try {
    return work();
  } finally {
    owner = before;
  }
}

/** How many timers of a stream are active. */
export const activeTimers = (name) => active.get(name)?.size ?? 0;

function wrap(make, clear, repeats) {
  const [set, unset] = [globalThis[make], globalThis[clear]];
  globalThis[make] = (work, ...rest) => {
    const name = owner;
    if (name === undefined) return set(work, ...rest);
    const timer = set(
      () => {
        if (!repeats) active.get(name).delete(timer);
        timersOf(name, work);
      },
      ...rest,
    );
    if (!active.has(name)) active.set(name, new Set());
    active.get(name).add(timer);
    return timer;
  };
  globalThis[clear] = (timer) => {
    for (const timers of active.values()) timers.delete(timer);
    unset(timer);
  };
}

wrap('setTimeout', 'clearTimeout', false);
wrap('setInterval', 'clearInterval', true);
