// Starts the Rust Worker, as the entry that `worker-build` makes does.

import { fetch, initSync } from '../../target/npm/rust-worker/worker.js';
import module from '../../target/npm/rust-worker/worker_bg.wasm';

initSync({ module });

export default { fetch };
