/** @param {string} id @returns {any} the element, which index.html must have */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`expected an element with the id ${id}, found none`);
  return element;
}

/**
 * Makes an element.
 * @param {string} name
 * @param {Record<string, string | boolean | undefined>} [attributes] `true` sets an empty one, `false` and undefined none
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

const svg = 'http://www.w3.org/2000/svg';

/** One of the icons in index.html. @param {string} name */
export function icon(name) {
  const element = document.createElementNS(svg, 'svg');
  element.setAttribute('class', 'icon');
  element.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(svg, 'use');
  use.setAttribute('href', `#i-${name}`);
  element.append(use);
  return element;
}

/** Sets text only where it differs, which spares layout and screen readers. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {number} ms */
export function duration(ms) {
  if (ms < 1) return '< 1 ms';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** @param {number} count */
export function bytes(count) {
  return count < 1000 ? `${count} B` : `${(count / 1000).toFixed(1)} kB`;
}

/** @param {number} time ms since the epoch @param {boolean} [withMs] */
export function clock(time, withMs = true) {
  const date = new Date(time);
  const pad = (/** @type {number} */ n, width = 2) => String(n).padStart(width, '0');
  const seconds = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return withMs ? `${seconds}.${pad(date.getMilliseconds(), 3)}` : seconds;
}

/**
 * Calls at most once in a while, in a frame, however often it is asked to; in a hidden page, when it is shown again. Each
 * frame costs a browser without a GPU many milliseconds, and an eye does not read ten numbers a second.
 * @param {() => void} draw
 * @param {number} [pause] ms from one call to the next
 */
export function calmly(draw, pause = 100) {
  let asked = false;
  let drawnAt = 0;
  return () => {
    if (asked) return;
    asked = true;
    const show = () => {
      asked = false;
      drawnAt = performance.now();
      draw();
    };
    setTimeout(() => requestAnimationFrame(show), Math.max(0, drawnAt + pause - performance.now()));
  };
}
