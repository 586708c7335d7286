// What a Node of its own runs: the module that the first argument names, with the input that the parent sends.

process.once('message', async (input) => {
  const send = (message) => new Promise((done) => process.send(message, done));
  try {
    const { default: work } = await import(process.argv[2]);
    await send({ result: await work(input, (...progress) => process.send({ progress })) });
  } catch (error) {
    await send({ failed: error?.stack ?? String(error) });
  }
  process.disconnect();
});
