/** What the process that runs the chaos tells this one. */

const handlers = new Map();

process.on('message', (order) => handlers.get(order.type)?.(order));
// Nobody outlives the run.
process.on('disconnect', () => process.exit(1));
process.channel?.unref();

export function onOrder(type, handler) {
  handlers.set(type, handler);
}
