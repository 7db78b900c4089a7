/** A scenario from a seed. Each seed uses only some kinds of faults, which tests more combinations. */

import type { FrameWindowSetting } from '../../../packages/server/src/core/frame-window.js';
import { COMMIT_STEPS } from '../disk/disk.js';
import { Random } from '../time/random.js';
import type { Action, ActionName, PagePlan, Scenario, Timed } from './actions.js';
import { generateScripted } from './scripted.js';

/** Actions of scripted scenarios only, and of worlds with several nodes (`cluster.ts`). */
type Staged =
  | 'fail_over'
  | 'forget'
  | 'freeze_node'
  | 'overstate'
  | 'put_away'
  | 'redis_cut'
  | 'redis_deaf'
  | 'redis_down'
  | 'redis_slow'
  | 'repeat'
  | 'revoke'
  | 'straggler'
  | 'unanswered_dials'
  | 'wakes_lost';

type Make = (random: Random, pages: number, threads: number) => Action;

/** Packets at which a connection may be cut. */
const TRAPPED = [
  'register_session',
  'thread_events',
  'answer',
  'thread_ack',
  'ping',
  'thread_resume',
  'leave_session',
  'session_registered',
] as const;

const page = (random: Random, pages: number) => random.int(0, pages - 1);
const thread = (random: Random, threads: number) => random.int(0, threads - 1);
const direction = (random: Random) => random.pick(['both', 'up', 'down'] as const);

const MAKERS: { readonly [D in Exclude<ActionName, Staged>]: Make } = {
  publish: (random, _, threads) => ({
    do: 'publish',
    thread: thread(random, threads),
    count: random.int(1, 6),
    everyMs: random.pick([0, 0, 2, 10, 40]),
    bytes: random.chance(0.1) ? random.int(200, 3_000) : random.int(0, 40),
    named: random.chance(0.85),
  }),
  ask: (random, _, threads) => ({
    do: 'ask',
    thread: thread(random, threads),
    publish: random.chance(0.9),
    parts: random.int(0, 8),
    everyMs: random.int(1, 60),
    ends: random.pick(['well', 'well', 'throwing', 'deaf']),
  }),
  cut: (random, pages) => ({
    do: 'cut',
    page: page(random, pages),
    tells: random.pick(['both', 'both', 'client', 'server']),
  }),
  black_hole: (random, pages) => ({
    do: 'black_hole',
    page: page(random, pages),
    direction: direction(random),
  }),
  stall: (random, pages) => ({
    do: 'stall',
    page: page(random, pages),
    direction: direction(random),
    ms: random.int(20, 1_500),
  }),
  offline: (random, pages) => ({
    do: 'offline',
    page: page(random, pages),
    ms: random.int(100, 2_000),
  }),
  slow: (random) => ({ do: 'slow', maxMs: random.int(50, 500), ms: random.int(100, 1_500) }),
  upgrades: (random, pages) => ({
    do: 'upgrades',
    page: page(random, pages),
    takesMs: random.int(0, 1_000),
    completes: random.chance(0.6),
  }),
  swallow: (random, pages) => ({
    do: 'swallow',
    page: page(random, pages),
    what: random.pick(['thread_events', 'answer', 'thread_ack', 'session_taken_over']),
    count: random.int(1, 2),
  }),
  trap: (random, pages) => ({
    do: 'trap',
    page: page(random, pages),
    packet: random.pick(TRAPPED),
    when: random.pick(['sent', 'arrived']),
    tells: random.pick(['both', 'client', 'client', 'server']),
  }),
  freeze: (random, pages) => ({
    do: 'freeze',
    page: page(random, pages),
    ms: random.int(100, 3_000),
  }),
  wake: (random, pages) => ({ do: 'wake', page: page(random, pages) }),
  reload: (random, pages) => ({
    do: 'reload',
    page: page(random, pages),
    checkpoint: random.chance(0.4),
  }),
  duplicate: (random, pages) => ({ do: 'duplicate', page: page(random, pages) }),
  leave: (random, pages) => ({
    do: 'leave',
    page: page(random, pages),
    politely: random.chance(0.5),
  }),
  restart_monitor: (random, pages) => ({
    do: 'restart_monitor',
    page: page(random, pages),
    at_event: random.chance(0.5),
    afterMs: random.chance(0.1) ? null : random.pick([0, 1, 30, 400]),
  }),
  copy_frozen: (random, pages) => ({
    do: 'copy_frozen',
    page: page(random, pages),
    notice_is_lost: random.chance(0.5),
  }),
  kill: (random) => ({
    do: 'kill',
    silently: random.chance(0.3),
    downMs: random.int(10, 1_200),
    at_step: random.chance(0.6) ? random.pick(COMMIT_STEPS) : null,
  }),
  stop: (random) => ({ do: 'stop', drainMs: random.int(0, 500), downMs: random.int(10, 800) }),
  clock: (random) => ({ do: 'clock', byMs: random.int(-4_000, 4_000) }),
  authorize: (random) => ({
    do: 'authorize',
    mode: random.pick(['outage', 'slow', 'expired']),
    ms: random.int(50, 1_500),
  }),
  disk: (random) => ({ do: 'disk', flushMs: random.int(20, 800), ms: random.int(100, 1_500) }),
  disk_fails: () => ({ do: 'disk_fails' }),
  reads: (random) => ({
    do: 'reads',
    slowMs: random.pick([0, 5, 40, 200]),
    failing: random.pick([0, 0.1, 0.5]),
    ms: random.int(100, 1_500),
  }),
  backup: () => ({ do: 'backup' }),
  restore: (random) => ({ do: 'restore', downMs: random.int(10, 500) }),
  trim: (random, _, threads) => ({
    do: 'trim',
    thread: thread(random, threads),
    keep: random.int(0, 6),
  }),
  erase: (random, _, threads) => ({ do: 'erase', thread: thread(random, threads) }),
};

/** Actions that may hit any page at any time; the others happen only in scripted scenarios. */
type Common = Exclude<ActionName, Staged>;

const ACTION_NAMES = Object.keys(MAKERS) as readonly Common[];
/** The number of kinds of actions that one seed uses besides publishing. */
const KINDS = 6;

/** Actions that make a race together. */
const THEMES: readonly [readonly Common[], ...(readonly Common[])[]] = [
  ['trap', 'authorize'],
  ['trap', 'kill'],
  ['trap', 'restart_monitor'],
  ['reads', 'swallow'],
  ['reads', 'erase', 'trim'],
  ['restart_monitor', 'swallow'],
  ['leave', 'disk'],
  ['erase', 'disk'],
  ['ask', 'kill'],
  ['ask', 'stop'],
  ['backup', 'restore'],
  ['copy_frozen'],
  ['upgrades', 'stall'],
  ['duplicate', 'reload', 'freeze'],
  ['trim', 'stall', 'cut'],
];

/** Faults that only the next ping reveals. */
const NEEDS_PINGS: ReadonlySet<ActionName> = new Set([
  'swallow',
  'copy_frozen',
  'reads',
  'black_hole',
]);

/** Whether a world notices such a fault. */
export const isRevealed = (actionName: ActionName, pings: boolean): boolean =>
  pings || !NEEDS_PINGS.has(actionName);

/** The size of a world: pages to choose among, and ranges. */
interface Size {
  readonly pages: readonly [number, ...number[]];
  readonly faults: readonly [number, number];
  readonly bursts: readonly [number, number];
  readonly calmAt: readonly [number, number];
}

const SMALL: Size = { pages: [1, 1, 1, 2], faults: [1, 4], bursts: [1, 2], calmAt: [250, 1_200] };
const LARGE: Size = { pages: [1, 2, 2, 3], faults: [3, 10], bursts: [1, 4], calmAt: [600, 2_200] };

export function generateScenario(seed: number): Scenario {
  const random = new Random(seed).fork('scenario');
  const threads = random.chance(0.75) ? 1 : 2;
  // Most races need little: most worlds are small, and a few large ones find the rest.
  const size: Size = random.chance(0.85) ? SMALL : LARGE;
  const calmAt = random.int(size.calmAt[0], size.calmAt[1]);
  const pings = random.chance(0.75);
  const anyV1 = pings && random.chance(0.2);
  const pages = Array.from({ length: random.pick(size.pages) }, () =>
    generatePage(random, { threads, calmAt, pings, isV1: anyV1 && random.chance(0.7) }),
  );
  const askMs = random.int(1_200, 2_500);
  const scenarios = pings ? generateScripted(seed, { pages: pages.length, threads, calmAt }) : [];
  return {
    seed,
    pings,
    threads,
    pages,
    latencyMs: { min: 1, max: random.pick([2, 10, 30, 60]) },
    // A v1 client has only its engine's heartbeat.
    heartbeatMs: anyV1 || !pings || random.chance(0.5) ? random.int(800, 3_000) : null,
    lostAnswers: random.pick([0, 0.2]),
    window: { events: random.pick([3, 8, 64]), bytes: random.pick([250, 1_000, 20_000]) },
    connectionWindowBytes: random.pick([300, 1_500, 40_000]),
    frame: { events: random.pick([2, 4, 32]), bytes: random.pick([200, 600, 8_000]) },
    // The server keeps a v1 client's position as long as its session.
    sessionTtlMs: anyV1 ? 60_000 : random.pick([500, 1_500, 20_000]),
    idle: pings
      ? { askMs, expireMs: anyV1 ? 60_000 : askMs + random.int(200, 1_500) }
      : { askMs: 60_000, expireMs: 90_000 },
    retentionEvents: random.chance(0.2) ? random.int(3, 20) : null,
    grantMs: grantOf(seed),
    frameWindowMs: frameWindowOf(seed),
    actions: [
      ...generateActions(random, pages.length, size, { threads, calmAt, pings }),
      ...scenarios,
    ].sort((a, b) => a.at - b.at),
    // A scripted scenario is played to its end.
    calmAt: Math.max(calmAt, ...scenarios.map(({ at }) => at)),
  };
}

/** Drawn from a separate source: other properties of a world do not depend on it. */
function grantOf(seed: number): number | null {
  const random = new Random(seed).fork('grant');
  return random.chance(0.2) ? random.pick([600, 1_500]) : null;
}

function frameWindowOf(seed: number): FrameWindowSetting {
  const random = new Random(seed).fork('frame window');
  return random.chance(0.1) ? random.pick([20, 50]) : 'auto';
}

interface PageFacts {
  readonly threads: number;
  readonly calmAt: number;
  readonly pings: boolean;
  readonly isV1: boolean;
}

function generatePage(random: Random, { threads, calmAt, pings, isV1 }: PageFacts): PagePlan {
  const first = random.int(0, threads - 1);
  // Sometimes a second monitor on the same socket: of another thread, or of the same one.
  const second = random.chance(0.25) ? [random.int(0, threads - 1)] : [];
  const transport = random.pick(['polling', 'websocket'] as const);
  return {
    dialect: isV1 ? 1 : 2,
    transport,
    upgradeAfterMs: random.chance(0.7) ? random.int(20, 600) : null,
    threads: [first, ...second],
    since: random.chance(0.6) ? 'start' : random.chance(0.5) ? 'now' : random.int(0, 8),
    pingIntervalMs: pings ? random.int(600, 1_200) : 60_000,
    reconnection: isV1 || random.chance(0.9),
    attempts: isV1 || random.chance(0.8) ? Number.POSITIVE_INFINITY : random.int(1, 3),
    opensAt: random.chance(0.7) ? random.int(0, 50) : random.int(0, Math.floor(calmAt * 0.8)),
  };
}

function generateActions(
  random: Random,
  pages: number,
  size: Size,
  { threads, calmAt, pings }: Omit<PageFacts, 'isV1'>,
): readonly Timed[] {
  const theme = random.chance(0.6) ? random.pick(THEMES) : [];
  const others: Common[] = Array.from({ length: KINDS - theme.length }, () =>
    pickActionName(random),
  );
  const kinds = [...theme, ...theme, ...others].filter((actionName) =>
    isRevealed(actionName, pings),
  );
  const count = random.int(size.faults[0], size.faults[1]);
  const faults = Array.from({ length: count }, () => {
    const kind = kinds[random.int(0, kinds.length - 1)] ?? 'cut';
    return { at: random.int(0, calmAt), ...MAKERS[kind](random, pages, threads) };
  });
  const bursts = Array.from({ length: random.int(size.bursts[0], size.bursts[1]) }, () => ({
    at: random.int(0, calmAt),
    ...MAKERS.publish(random, pages, threads),
  }));
  return [...faults, ...bursts].sort((a, b) => a.at - b.at);
}

const pickActionName = (random: Random): Common =>
  ACTION_NAMES[random.int(0, ACTION_NAMES.length - 1)] ?? 'cut';
