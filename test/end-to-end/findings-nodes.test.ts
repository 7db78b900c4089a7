/** What explains a session that several servers carry: each cause staged on real nodes on one Redis, and found first. */

import { openRedisStore } from '@session-monitor/server/redis';
import { expect } from 'vitest';
import { attach } from '../support/attached.js';
import { expectFirst, pathOf } from '../support/findings.js';
import { type Lab, test } from '../support/lab.js';
import { startNginx } from '../support/nginx.js';
import type { RedisServer } from '../support/redis-server.js';
import type { ServerProcess } from '../support/server-process.js';
import { times, until } from '../support/until.js';

const THREAD = 'carried';
const TIME = String.raw`\d\d:\d\d:\d\d UTC`;
const NODE = String.raw`node-\d-\S{6}`;

/** Each keeps its trace in files, as in production. */
async function startNodes(lab: Lab, redis: RedisServer, count: number) {
  const nodes = times(count, async (index) =>
    lab.server({
      redis: { url: redis.url },
      node: `node-${index + 1}`,
      trace: { directory: await lab.folder() },
      demo: { partsPerSecond: 20, words: 400 },
    }),
  );
  type Nodes = [ServerProcess, ServerProcess, ServerProcess];
  return (await Promise.all(nodes)) as Nodes;
}

test('a balancer that is not sticky, a lost node, a drained one, and clocks that differ', async (lab) => {
  const redis = await lab.redis({ appendfsync: 'no' });
  const [first, second, third] = await startNodes(lab, redis, 3);
  await notSticky(lab, first, second);
  await Promise.all([lost(lab, first, second), drained(lab, third, second)]);
  await clocks(lab, redis, second);
}, 60_000);

async function notSticky(lab: Lab, one: ServerProcess, other: ServerProcess): Promise<void> {
  const proxy = await lab.proxy(one.url);
  const client = await lab.liveClient(proxy.url, { thread_id: 'polled', transport: 'polling' });
  const ports = [one.port, other.port];
  const balancer = await startNginx(lab, { ports, upgrades: true });
  proxy.retarget(Number(new URL(balancer).port));
  proxy.cut();
  for (const { url } of [one, other]) {
    await expectFirst(url, pathOf(client), 'wrong_node', {
      title: /^Requests of one connection reach different nodes: the load balancer is not sticky/,
      evidence: [
        RegExp(`^\\d+ requests of about the last minute .* that the node ${NODE} does not have`),
      ],
    });
  }
  client.close();
}

/** Its client is back on another node long before the loss is noticed. */
async function lost(lab: Lab, node: ServerProcess, other: ServerProcess): Promise<void> {
  const proxy = await lab.proxy(node.url);
  const client = await lab.liveClient(proxy.url, { thread_id: THREAD, transport: 'websocket' });
  await client.monitor.sendMessage('Well?');
  await until('some words are there', () => client.monitor.status.offset > 5);
  proxy.retarget(other.port);
  await node.kill();
  await until('it is back', () => client.receipts.length === 2);
  const found = await expectFirst(other.url, pathOf(client), 'node_lost', {
    title: /^The node that carried the session, node-1-\S{6}, was lost\.$/,
    evidence: [
      RegExp(`^Node ${NODE} noticed it at ${TIME}, and ended 1 reply as interrupted\\.$`),
      RegExp(`^Its client was back on node-2-\\S{6} at ${TIME}\\.$`),
    ],
    ongoing: false,
  });
  expect(found.map(({ code }) => code)).toEqual(['node_lost', 'run_interrupted']);
}

async function drained(lab: Lab, node: ServerProcess, other: ServerProcess): Promise<void> {
  const proxy = await lab.proxy(node.url);
  const client = await lab.liveClient(proxy.url, { thread_id: 'moved', transport: 'websocket' });
  proxy.retarget(other.port);
  expect(await node.stop()).toBe(0);
  await until('it is back', () => client.receipts.length === 2);
  // The new server finds the lines of the one before.
  await node.restart();
  await expectFirst(other.url, pathOf(client), 'server_drained', {
    title: /^The node node-3-\S{6} was drained: a deployment, or a stop that was asked for\.$/,
    evidence: [
      RegExp(`^It asked 1 connection to move at ${TIME}; 0 replies ran\\.$`),
      RegExp(`^Its client was back on node-2-\\S{6} at ${TIME}\\.$`),
    ],
    ongoing: false,
  });
}

/** The clock of a node is given to it: that of the machine cannot be shifted for one process. */
async function clocks(lab: Lab, redis: RedisServer, node: ServerProcess): Promise<void> {
  const client = await lab.liveClient(node.url, { thread_id: 'timed', transport: 'websocket' });
  const store = await openRedisStore({ url: redis.url, waive: ['appendfsync'] });
  lab.defer(() => store.close());
  const clock = {
    now: () => performance.now(),
    wall: () => Date.now() - 90_000,
    after(ms: number, fn: () => void) {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
  };
  await attach(lab, { store, clock, node: 'node-4' });
  await expectFirst(node.url, pathOf(client), 'clocks_differ', {
    title: /^The clocks of the nodes differ\.$/,
    evidence: [/^node-4-\S{6} is 1\.5 min behind\.$/],
  });
}
