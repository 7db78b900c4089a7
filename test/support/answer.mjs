/** The child's end of a `Remote`. */

/**
 * Answers `{ id, name, argument }` with `{ id, value }` or `{ id, error }`, and says that it is ready. The process ends
 * with its parent, and after `close` at SIGTERM.
 *
 * @param {Readonly<Record<string, (argument: any) => unknown>>} handlers
 * @param {() => unknown} [close] resolves when all is closed
 */
export function answerWith(handlers, close) {
  process.on('message', async ({ id, name, argument }) => {
    try {
      process.send?.({ id, value: await handlers[name](argument) });
    } catch (error) {
      process.send?.({ id, error: error.stack });
    }
  });
  process.on('disconnect', () => process.exit(0));
  if (close) {
    process.on('SIGTERM', async () => {
      await close();
      process.exit(0);
    });
  }
  process.send?.({ id: 0 });
}
