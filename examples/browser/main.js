// The demo's page: wires the streams to what shows them.
import { setUpChannel } from './channel.js';
import { setUpChat } from './chat.js';
import { byId, bytes } from './dom.js';
import { setUpFeed } from './feed.js';
import { setUpInspector } from './inspector.js';
import { setUpPlot } from './plot.js';
import { Samples } from './samples.js';
import { setUpTheme } from './theme.js';
import { setUpTimeline } from './timeline.js';

const samples = new Samples();
const plot = setUpPlot(samples);
const inspector = setUpInspector();
const timeline = setUpTimeline();
const channel = setUpChannel();
setUpTheme(() => {
  plot.recolour();
  channel.recolour();
});

for (const [index, stream] of [setUpFeed(), setUpChat()].entries()) {
  stream.addEventListener('received', (event) => {
    const received = /** @type {CustomEvent} */ (event).detail;
    samples.add(received, index);
    inspector.add(received);
    plot.wake();
  });
  stream.addEventListener('attempt', (event) => timeline.show(/** @type {CustomEvent} */ (event).detail));
  stream.addEventListener('state', () => {
    samples.setState(stream.name, stream.state, Date.now());
    plot.wake();
  });
}
// Its events are counted in its own panel: four times the same would only push the others out of the list.
for (const { stream } of channel.lanes) {
  stream.addEventListener('attempt', (event) => timeline.show(/** @type {CustomEvent} */ (event).detail));
}
const config = await readConfig();
byId('token').value = config.token;
if (config.readme) byId('readme').href = config.readme;
if (config.upstream) {
  const relay = byId('source').options[1];
  relay.textContent = config.upstream;
  relay.disabled = false;
}
showFooter();

/** @returns {Promise<{ token: string, upstream: string | null, readme: string | null }>} */
async function readConfig() {
  try {
    const response = await fetch('/api/config');
    if (response.ok) return await response.json();
  } catch {
    // The worker is gone. The panels will say so as soon as they are used.
  }
  return { token: 'demo-token', upstream: null, readme: null };
}

/** Sizes as this page load measured them. */
function showFooter() {
  const script = performance.getEntriesByType('resource').find((entry) => entry.name.endsWith('/main.js'));
  const size = /** @type {PerformanceResourceTiming | undefined} */ (script)?.decodedBodySize;
  const parts = ['All streams are made by this page’s own worker; nothing leaves this machine.'];
  if (config.upstream)
    parts[0] = `The relayed feed comes from ${config.upstream}; everything else is made by this page’s own worker.`;
  if (size) parts.push(`Script of this page, with the wasm inside: ${bytes(size)} before compression.`);
  byId('footer').textContent = parts.join(' ');
}
