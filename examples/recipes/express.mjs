import { toNodeListener } from 'eventsource-wasm/node';
import express from 'express';

import handler from './serve.mjs';

export const app = express();
// Before the body parsers, so that the handler gets the body as it comes. What it throws goes to Express's error handlers.
app.all('/events', toNodeListener(handler));
app.use(express.json());
