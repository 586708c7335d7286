/** Carries a Response to a client of `node:http`: one for all. It waits while the socket is full. */
export function carry(response, res) {
  res.writeHead(response.status, Object.fromEntries(response.headers));
  if (!response.body) {
    res.end();
    return;
  }
  res.flushHeaders();
  const reader = response.body.getReader();
  let [left, wake] = [false, () => undefined];
  res.on('drain', () => wake());
  res.on('close', () => {
    left = true;
    reader.cancel().catch(() => undefined);
    wake();
  });
  const pump = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || left) break;
      if (!res.write(value)) await new Promise((resolve) => (wake = resolve));
    }
    res.end();
  };
  pump().catch((error) => res.destroy(error));
}
