/**
 * How many events a second reach their subscribers when the server publishes as fast as they are served?
 *
 * A turn publishes `events` events to each of `threads` threads, each followed by `sessions` sessions; the
 * server is at most a few turns ahead of the slowest subscriber. All decode every event.
 */

import type { PeerName } from './support/peers/peer.js';
import { hasRedis } from './support/peers/redis-server.js';
import type { Question } from './support/question.js';
import { names, onStage, sleep } from './support/stage.js';

interface Workload {
  readonly threads: number;
  readonly sessions: number;
  readonly events: number;
}

const WORKLOADS: readonly Workload[] = [
  { threads: 1, sessions: 1, events: 10 },
  { threads: 100, sessions: 1, events: 10 },
  { threads: 1, sessions: 100, events: 10 },
  { threads: 1, sessions: 1, events: 1 },
  { threads: 100, sessions: 1, events: 1 },
  { threads: 1, sessions: 100, events: 1 },
];

/** What may be on its way to all subscribers together, in events. */
const IN_FLIGHT = 20_000;

export const nameOf = ({ threads, sessions, events }: Workload): string =>
  `${threads} × ${sessions}, ${events}`;

export const fanOut: Question = {
  name: 'fan-out',
  title: 'Fan-out at saturation: threads × sessions, events per thread and turn',
  inShort: true,
  peers: ({ short }) => [
    ...(short ? [] : (['ws'] as PeerName[])),
    'ws-batched',
    'rooms',
    ...(short ? [] : (['recovery', ...(hasRedis() ? ['redis-streams'] : [])] as PeerName[])),
    'ours',
  ],
  cases: ({ short }) => WORKLOADS.filter(({ events }) => !short || events === 10).map(nameOf),
  skips: (peer, name) => peer === 'ws-batched' && !name.endsWith(' 10'),
  rounds: ({ short }) => (short ? 1 : 3),
  async measure(peer, name, { short }) {
    const workload = WORKLOADS.find((each) => nameOf(each) === name) ?? fail(name);
    const { threads, sessions, events } = workload;
    const [warmUpMs, measureMs] = short ? [500, 800] : [800, 2_000];
    return onStage(peer as PeerName, {}, async ({ server, load, connect, measured }) => {
      const ids = names(threads);
      await connect(ids, sessions);
      const ahead = Math.max(2, Math.round(IN_FLIGHT / (threads * sessions * events)));
      const control = await server.ask('saturate', { threads: ids, events, ahead });
      await load.ask('reportTo', { port: control, events });
      await sleep(warmUpMs);
      const look = () => Promise.all([server.ask('usage'), load.ask('count')]);
      const [[s1, l1], [s2, l2]] = await measured(async () => {
        const before = await look();
        await sleep(measureMs);
        return [before, await look()] as const;
      });
      await server.ask('stopPublishing');
      const delivered = l2.delivered - l1.delivered;
      return {
        'delivered/s': delivered / ((l2.at - l1.at) / 1_000),
        'server µs/event': (s2.cpuUs - s1.cpuUs) / delivered,
        'server cores': (s2.cpuUs - s1.cpuUs) / 1_000 / (s2.at - s1.at),
        'load cores': (l2.cpuUs - l1.cpuUs) / 1_000 / (l2.at - l1.at),
      };
    });
  },
  ratios: [{ metric: 'delivered/s', against: ['rooms', 'ws-batched'] }],
  targets: [
    ['1 × 1, 10', 'rooms', 2.7],
    ['100 × 1, 10', 'rooms', 3.4],
    ['1 × 100, 10', 'rooms', 3.5],
    ['1 × 1, 10', 'ws-batched', 0.55],
    ['100 × 1, 10', 'ws-batched', 0.4],
    ['1 × 100, 10', 'ws-batched', 0.55],
    ['1 × 1, 1', 'rooms', 1],
    ['100 × 1, 1', 'rooms', 1],
    ['1 × 100, 1', 'rooms', 1],
  ].map(([name, against, atLeast]) => ({
    metric: 'delivered/s',
    name: String(name),
    against: String(against),
    atLeast: Number(atLeast),
  })),
};

function fail(name: string): never {
  throw new Error(`No workload is called ${name}`);
}
