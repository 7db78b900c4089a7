/**
 * The server of 53fec2e in a separate process, with the commands of `test/support/server-entry.mjs` and one more:
 * `message` sends a user's message.
 */

import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { answerWith } from '../support/answer.mjs';

const { port, path, redis, node, settings, demo } = JSON.parse(process.argv[2]);
// Unpacked by `old-product.ts`.
const product = new URL('../../.cache/compatibility/53fec2e/server.mjs', import.meta.url);
const { attachSessions, ClusterView, createDemoResponder, openLmdbStore, openRedisStore } =
  await import(product.href);
const store = redis
  ? await openRedisStore({ ...redis, waive: ['appendfsync'] })
  : await openLmdbStore({ path });
const http = createServer();
const sessions = attachSessions(new Server(http), {
  store,
  node,
  settings,
  authorize: () => true,
  responder: createDemoResponder(demo),
});
await sessions.ready;
// Constructing the view makes this node answer what the views of other nodes ask.
new ClusterView(sessions.internals);

const commands = {
  publish: ({ thread_id, event, data, message_id }) =>
    sessions.publish(thread_id, event, data, message_id ? { message_id } : {}),
  erase: ({ thread_id }) => sessions.deleteThread(thread_id),
  async message({ thread_id, user_input, message_id }) {
    const request = { thread_id, user_input, message_id, user_id: null, publish: true };
    const { value } = await sessions.internals.runs.ask(request);
    await value.ended;
    return value.record.run_id;
  },
};

await new Promise((resolve) => http.listen(port, '127.0.0.1', resolve));
answerWith(commands, async () => {
  await sessions.close();
  await store.close();
});
