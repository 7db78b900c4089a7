/**
 * The child's end of a `ServerProcess`: answers `{ id, command, ...arguments }` with `{ id, value }` or `{ id, error }`, and ends the
 * process at SIGTERM.
 */

/**
 * @param {Readonly<Record<string, (request: any) => unknown>>} commands
 * @param {() => Promise<unknown>} close resolves when the server is closed
 */
export function serveCommands(commands, close) {
  process.on('message', async ({ id, command, ...request }) => {
    try {
      process.send({ id, value: await commands[command](request) });
    } catch (error) {
      process.send?.({ id, error: error.message });
    }
  });
  process.on('SIGTERM', async () => {
    await close();
    process.exit(0);
  });
}

/** Tells the parent that the server listens. */
export const announce = (value) => process.send({ id: 0, value });
