/**
 * A server in a separate process that takes the commands of `ServerProcess`. It can be made to flush slowly or not at all: the fault
 * stands between the store and LMDB, so that a record is written, and readable by a careless reader,
 * before its flush is confirmed.
 */

import { createDemoResponder } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { openRedisStore } from '@session-monitor/server/redis';
import { createApp } from 'session-monitor';
import { answerWith } from './answer.mjs';

const {
  port,
  path,
  redis,
  node,
  drainMs = 0,
  settings,
  trace,
  demo,
  traced,
} = JSON.parse(process.argv[2]);
const fault = { delayMs: 0, fails: false };

const openEmbedded = () =>
  openLmdbStore({
    path,
    wrapEnvironment: (environment) => ({
      ...environment,
      async commit(operations) {
        await environment.commit(operations);
        await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
        if (fault.fails) throw new Error('EIO: injected flush failure');
      },
    }),
  });
const store = await (redis ? openRedisStore({ ...redis, waive: ['appendfsync'] }) : openEmbedded());
store.onFailure((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
// Registered, as `node --import` would: the app finds it.
const recorder = traced && (await import('./span-recorder.mjs')).recordSpans({ registered: true });
const app = await createApp({
  host: '127.0.0.1',
  port,
  mode: 'development',
  dashboard: { actions: true },
  store,
  settings,
  trace,
  responder: createDemoResponder(demo),
  drainMs,
  ...(node && { node }),
});

const commands = {
  publish: ({ thread_id, event, data, message_id }) =>
    app.sessions.publish(thread_id, event, data, message_id ? { message_id } : {}),
  erase: ({ thread_id }) => app.sessions.deleteThread(thread_id),
  async message({ thread_id, user_input, message_id }) {
    const run = await app.sessions.sendMessage(thread_id, user_input, { message_id });
    await run.result();
    return run.run_id;
  },
  spans: () => recorder.spans(),
  fault: ({ delayMs, fails }) => void Object.assign(fault, { delayMs, fails }),
};

await app.listen();
answerWith(commands, () => app.close());
