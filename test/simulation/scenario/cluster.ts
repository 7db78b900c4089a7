/**
 * A scenario with two or three nodes on one Redis. It begins as the scenario of one node does, and has what goes wrong
 * between the nodes and with Redis, too.
 */

import { Random } from '../time/random.js';
import { type Action, type ActionName, REDIS_LINKS, type Scenario, type Timed } from './actions.js';
import { CLUSTER_SCENARIOS } from './cluster-scripted.js';
import { generateScenario, isRevealed } from './generate.js';
import { generateScripted } from './scripted.js';

/** What only one node on a disk can have. */
const ALONE: ReadonlySet<ActionName> = new Set([
  'backup',
  'restore',
  'disk',
  'disk_fails',
  'straggler',
]);

/** A slower reply belongs to a straggler: its node is to be killed. */
const MAX_EVERY_MS = 1_000;

/** How long it takes until a frozen page is copied and goes on. */
const COPY_FROZEN_MS = 2_700;

type Make = (random: Random, nodes: number) => Action;

const node = (random: Random, nodes: number) => random.int(0, nodes - 1);

const MAKERS = {
  kill: (random, nodes) => ({
    do: 'kill',
    silently: random.chance(0.3),
    downMs: random.int(10, 1_200),
    at_step: null,
    node: node(random, nodes),
  }),
  stop: (random, nodes) => ({
    do: 'stop',
    drainMs: random.int(0, 500),
    downMs: random.int(10, 800),
    node: node(random, nodes),
  }),
  freeze_node: (random, nodes) => ({
    do: 'freeze_node',
    node: node(random, nodes),
    // Up to past its lease: then the others have ended what it had.
    ms: random.chance(0.5) ? random.int(20, 1_500) : random.int(5_000, 9_000),
  }),
  redis_cut: (random, nodes) => ({
    do: 'redis_cut',
    node: node(random, nodes),
    link: random.pick(REDIS_LINKS),
  }),
  redis_deaf: (random, nodes) => ({
    do: 'redis_deaf',
    node: node(random, nodes),
    link: random.pick(REDIS_LINKS),
    ms: random.int(20, 3_000),
  }),
  redis_slow: (random) => ({
    do: 'redis_slow',
    maxMs: random.pick([10, 50, 200]),
    ms: random.int(100, 1_500),
  }),
  redis_down: (random) => ({ do: 'redis_down', downMs: random.int(10, 2_500) }),
  fail_over: (random) => ({
    do: 'fail_over',
    behindMs: random.int(0, 400),
    downMs: random.int(10, 600),
  }),
  wakes_lost: (random, nodes) => ({
    do: 'wakes_lost',
    node: node(random, nodes),
    ms: random.int(50, 2_500),
  }),
} satisfies Partial<Record<ActionName, Make>>;

type Kind = keyof typeof MAKERS;

/** Faults that make a race together, with what the nodes do meanwhile. */
const THEMES: readonly [readonly Kind[], ...(readonly Kind[])[]] = [
  ['wakes_lost'],
  ['wakes_lost', 'redis_slow'],
  ['redis_cut', 'redis_cut'],
  ['redis_deaf'],
  ['fail_over'],
  ['fail_over', 'redis_cut'],
  ['fail_over', 'kill'],
  ['freeze_node'],
  ['freeze_node', 'kill'],
  ['kill', 'stop'],
  ['stop', 'redis_slow'],
  ['redis_down', 'wakes_lost'],
];

const KINDS = Object.keys(MAKERS) as readonly Kind[] as readonly [Kind, ...Kind[]];

export function generateClusterScenario(seed: number): Scenario {
  const base = generateScenario(seed);
  const random = new Random(seed).fork('cluster');
  const nodes = random.pick([2, 2, 3] as const);
  // A client of v1 has no cursor: if the record of its session is lost, the server does not know what it has.
  const anyV1 = base.pages.some(({ dialect }) => dialect === 1);
  const replicas = anyV1 ? 1 : random.pick([0, 1] as const);
  const theme = random.pick(THEMES);
  const kinds = random.chance(0.7) ? theme : [random.pick(KINDS), random.pick(KINDS)];
  const stage = { pages: base.pages.length, threads: base.threads, calmAt: base.calmAt };
  const scripted = generateScripted(seed, stage, CLUSTER_SCENARIOS);
  const faults = withOneFailover([
    ...scripted.filter((action) => isRevealed(action.do, base.pings)),
    ...kinds.map((kind) => ({ at: random.int(0, base.calmAt), ...MAKERS[kind](random, nodes) })),
  ]);
  const own = base.actions.flatMap((action): readonly Timed[] => {
    if (ALONE.has(action.do) || (action.do === 'ask' && action.everyMs > MAX_EVERY_MS)) return [];
    if (action.do === 'kill') return [{ ...action, at_step: null, node: node(random, nodes) }];
    return [action.do === 'stop' ? { ...action, node: node(random, nodes) } : action];
  });
  const work: Timed[] = Array.from({ length: random.int(1, 3) }, () => ({
    at: random.int(0, base.calmAt),
    ...workOn(random, base.threads),
  }));
  // A long fault is played to its end, and something happens meanwhile and after it.
  const ends = [...faults, ...own].map((action) => action.at + lengthOf(action));
  const calmAt = Math.max(base.calmAt, ...ends) + random.int(0, 300);
  if (calmAt > base.calmAt + 3_000) {
    work.push(
      { at: random.int(base.calmAt, calmAt), ...workOn(random, base.threads) },
      { at: calmAt - random.int(0, 200), ...workOn(random, base.threads) },
    );
  }
  const actions = [...own, ...faults, ...work].sort((a, b) => a.at - b.at);
  return { ...base, cluster: { nodes, replicas }, actions, calmAt };
}

/** What a second failover soon after the first one may do is a limit: see docs/invariants.md. */
function withOneFailover(faults: readonly Timed[]): readonly Timed[] {
  const first = faults.find((fault) => fault.do === 'fail_over');
  return faults.filter((fault) => fault.do !== 'fail_over' || fault === first);
}

const lengthOf = (action: Action): number => {
  if (action.do === 'copy_frozen') return COPY_FROZEN_MS;
  return 'ms' in action ? action.ms : 0;
};

const workOn = (random: Random, threads: number): Action =>
  random.chance(0.7)
    ? {
        do: 'publish',
        thread: random.int(0, threads - 1),
        count: random.int(1, 6),
        everyMs: random.pick([0, 2, 10, 40]),
        bytes: random.int(0, 40),
        named: random.chance(0.85),
      }
    : {
        do: 'ask',
        thread: random.int(0, threads - 1),
        publish: random.chance(0.9),
        parts: random.int(0, 8),
        everyMs: random.int(1, 60),
        ends: random.pick(['well', 'well', 'throwing', 'deaf']),
      };
