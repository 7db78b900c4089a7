/**
 * What does an event cost all nodes together if one node appends it and another delivers it? With many nodes
 * almost every event goes that way, so an added node is worth a single node's throughput over this cost.
 */

import { pause } from '../test/support/until.js';
import { figuresOf, hasRedis, startRedis } from './support/peers/redis-server.js';
import type { BenchRequest } from './support/question.js';
import { names, startLoad, startServer } from './support/stage.js';

const THREADS = 400;
const PER_SECOND = 10_000;
/** As on full nodes: otherwise two half-full nodes would write half as much at a time, and twice as often. */
const WINDOW_MS = 50;
/** By how many nodes an event goes through, how many nodes there are. */
const CASES: Readonly<Record<string, readonly ('publishes' | 'delivers' | 'both' | 'idle')[]>> = {
  'one node does both': ['both'],
  'one publishes, one delivers': ['publishes', 'delivers'],
  'the same, and two that follow nothing': ['publishes', 'delivers', 'idle', 'idle'],
};

export const nodes: BenchRequest = {
  name: 'nodes',
  title: `Nodes on one Redis: ${PER_SECOND} events/s over ${THREADS} threads, one session each`,
  peers: () => (hasRedis() ? ['ours-redis'] : []),
  cases: () => Object.keys(CASES),
  rounds: ({ short }) => (short ? 1 : 3),
  async measure(_peer, name, { short }) {
    const roles = CASES[name] ?? [];
    const redis = await startRedis();
    const servers = await Promise.all(roles.map(() => startServer()));
    const load = await startLoad();
    try {
      const ports: number[] = [];
      for (const server of servers) {
        const options = { redisSocket: redis.socket, windowMs: WINDOW_MS };
        ports.push(await server.ask('start', { name: 'ours-redis', options }));
      }
      const at = (role: string) => roles.findIndex((each) => each === role || each === 'both');
      const publisher = servers[at('publishes')];
      const port = ports[at('delivers')];
      if (!publisher || port === undefined) throw new Error(`No case is called ${name}`);
      const threads = names(THREADS);
      await load.ask('connect', { port, dialect: 'v2', threads, sessionsPerThread: 1 });
      await publisher.ask('pace', { threads, perSecond: PER_SECOND });
      await pause(short ? 700 : 1_500);
      await load.ask('measure');
      const usages = () => Promise.all(servers.map((server) => server.ask('usage')));
      const [before, commandsBefore] = [await usages(), await figuresOf(redis)];
      await pause(short ? 1_500 : 4_000);
      const [after, commandsAfter] = [await usages(), await figuresOf(redis)];
      const { events, p50, p99 } = await load.ask('latency');
      await publisher.ask('stopPublishing');
      const cpuUs = after.reduce(
        (sum, { cpuUs }, index) => sum + cpuUs - (before[index]?.cpuUs ?? 0),
        0,
      );
      const seconds = ((after[0]?.at ?? 0) - (before[0]?.at ?? 0)) / 1_000;
      await load.ask('disconnect');
      for (const server of servers) await server.ask('close');
      return {
        'delivered/s': events / seconds,
        'µs/event, all nodes': cpuUs / events,
        'Redis commands/event': (commandsAfter.commands - commandsBefore.commands) / events,
        'Redis bytes out/event': (commandsAfter.bytesOut - commandsBefore.bytesOut) / events,
        'p50 ms': p50,
        'p99 ms': p99,
      };
    } finally {
      await load.stop();
      await Promise.all(servers.map((server) => server.stop()));
      await redis.dispose();
    }
  },
  ratios: [],
};
