// Until the package has its own: a handler of Request and Response as a listener of node:http.

export const toListener = (handle) => (req, res) => {
  void serve(handle, req, res);
};

async function serve(handle, req, res) {
  const gone = new AbortController();
  let [left, goOn, reader] = [false, () => undefined, undefined];
  res.on('drain', () => goOn());
  res.on('close', () => {
    left = true;
    // Before the signal: so that the body learns that it is its reader who has left.
    reader?.cancel().catch(() => undefined);
    if (!res.writableFinished) gone.abort();
    goOn();
  });
  const request = new Request(`http://${req.headers.host}${req.url}`, { headers: req.headers, signal: gone.signal });
  const response = await handle(request, { waitUntil: () => undefined });
  if (left) return void response.body?.cancel().catch(() => undefined);
  res.writeHead(response.status, Object.fromEntries(response.headers));
  res.flushHeaders();
  reader = response.body?.getReader();
  // A stream that has ended as too slow a reader's does not wait for its reader.
  reader?.closed.catch(() => res.destroy());
  try {
    for (let result; (result = await reader?.read()) && !result.done && !left;) {
      if (!res.write(result.value)) await new Promise((resolve) => (goOn = resolve));
    }
    res.end();
  } catch {
    // It has been destroyed.
  }
}
