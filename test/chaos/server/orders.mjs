/** The orders from the process that runs the chaos. */

const handlers = new Map();

process.on('message', (order) => handlers.get(order.type)?.(order));
// The server must not outlive the run.
process.on('disconnect', () => process.exit(1));
process.channel?.unref();

export function onOrder(type, handler) {
  handlers.set(type, handler);
}
