// A connection that breaks off.

/** The same response, whose body breaks off behind so many bytes. */
export function cutAt(response, bytes) {
  const reader = response.body.getReader();
  let left = bytes;
  const pull = async (controller) => {
    const { done, value } = left ? await reader.read() : { done: true };
    if (done) {
      controller.error(new Error('a cut'));
      await reader.cancel();
      return;
    }
    const part = value.subarray(0, left);
    left -= part.length;
    controller.enqueue(part);
  };
  const body = new ReadableStream({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 });
  return new Response(body, response);
}
