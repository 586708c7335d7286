// The server in workerd.

import { serve } from './gate.mjs';

export default { fetch: serve };
