import { byId } from './dom.js';

// Streams change many times a second. A screen reader is told the turning points only, one at a time and not more often
// than it can speak; what is out of date by then is left out.
const pauseMs = 1500;
/** @type {Map<string, string>} */
const waiting = new Map();
let resting = false;

/**
 * @param {string} topic a later message of a topic replaces an earlier one that was not spoken yet
 * @param {string} message
 */
export function announce(topic, message) {
  waiting.set(topic, message);
  speak();
}

function speak() {
  if (resting || waiting.size === 0) return;
  byId('announcer').textContent = [...waiting.values()].join(' ');
  waiting.clear();
  resting = true;
  setTimeout(() => {
    resting = false;
    speak();
  }, pauseMs);
}
