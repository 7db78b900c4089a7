/**
 * Races that random actions rarely produce: a few actions in close succession. Some worlds play a scenario,
 * besides all their other actions. Each scenario draws from a separate source: a new one changes no world that
 * does not play it.
 */

import { Random } from '../time/random.js';
import type { Action, Timed } from './actions.js';

export interface Stage {
  readonly pages: number;
  readonly threads: number;
  readonly calmAt: number;
}

/** An action, and its delay after the scenario's beginning. */
export type Cue = { readonly after: number } & Action;

export interface Props {
  readonly page: number;
  readonly thread: number;
  readonly random: Random;
}

/** The share of worlds that play a scenario. */
const CHANCE = 0.03;
/** Scenarios that need a v1 page on polling, a page since 'now', or a failover at one moment: few of their worlds test anything. */
const CHANCES: Readonly<Record<string, number>> = {
  'half read': 0.08,
  'copied while it waits': 0.25,
  'lost batch': 0.1,
  'lost compaction': 0.1,
  'lost heartbeat': 0.1,
  'lost while read': 0.1,
  'lost mark': 0.1,
  'move to a node behind': 0.1,
  'move unheard': 0.1,
  'same name again': 0.1,
};

export type Scripted = Readonly<Record<string, (props: Props) => readonly Cue[]>>;

export const publish = (after: number, { thread, random }: Props): Cue => ({
  after,
  do: 'publish',
  thread,
  bytes: 4,
  named: true,
  count: random.int(1, 3),
  everyMs: random.pick([0, 10]),
});
export const loseFrame = (after: number, { page }: Props): Cue => ({
  after,
  do: 'swallow',
  page,
  what: 'thread_events',
  count: 1,
});

const SCRIPTED_SCENARIOS: Scripted = {
  /** A frame is lost; before the page asks for it, its right is revoked. */
  revocation: (props) => [
    loseFrame(0, props),
    publish(1, props),
    { after: props.random.int(0, 80), do: 'revoke', page: props.page, ended: false },
    publish(props.random.int(20, 200), props),
  ],
  /** A page registers, and its right is revoked before that is granted. */
  'revoked meanwhile': (props) => [
    { after: 0, do: 'authorize', mode: 'slow', ms: 1_500 },
    { after: 1, do: 'cut', page: props.page, tells: 'both' },
    { after: props.random.int(20, 500), do: 'revoke', page: props.page, ended: true },
    publish(props.random.int(500, 900), props),
  ],
  /** The page cannot be reached while its grant ends. */
  'unreachable at the end of its grant': (props) => [
    { after: 0, do: 'black_hole', page: props.page, direction: 'up' },
    publish(props.random.int(500, 1_500), props),
    publish(props.random.int(1_500, 3_000), props),
  ],
  /** A frame is lost, and then the answer to the resume for it. */
  'lost resume': (props) => [
    loseFrame(0, props),
    publish(1, props),
    publish(props.random.int(10, 60), props),
    {
      after: props.random.int(15, 160),
      do: 'swallow',
      page: props.page,
      what: 'answer',
      count: 1,
    },
  ],
  /** The thread is erased, and the frame with the reset is lost. */
  'lost reset': (props) => [
    publish(0, props),
    loseFrame(120, props),
    { after: 121, do: 'erase', thread: props.thread },
    ...(props.random.chance(0.6) ? [publish(props.random.int(130, 300), props)] : []),
  ],
  /** A registration takes so long that the next one, on another connection, overtakes it. */
  'overtaken registration': (props) => [
    { after: 0, do: 'authorize', mode: 'slow', ms: 1_500 },
    {
      after: 0,
      do: 'trap',
      page: props.page,
      packet: 'register_session',
      when: 'arrived',
      tells: 'client',
    },
    { after: 1, do: 'cut', page: props.page, tells: 'both' },
  ],
  /** The thread is erased during a slow read for a page. */
  'erased while read': (props) => {
    const { page, thread, random } = props;
    const erasedAt = random.int(400, 1_500);
    return [
      { after: 0, do: 'offline', page, ms: 300 },
      publish(10, props),
      { after: 100, do: 'kill', silently: false, downMs: random.int(10, 60), at_step: null },
      { after: 110, do: 'reads', slowMs: 400, failing: 0, ms: 1_500 },
      { after: erasedAt, do: 'erase', thread },
      ...(random.chance(0.6) ? [publish(erasedAt + random.int(1, 100), props)] : []),
    ];
  },
  /** A reply's producer is killed, and its last write arrives after the server has ended the reply. */
  'late part': ({ thread, random }) => [
    {
      after: 0,
      do: 'ask',
      thread,
      publish: true,
      parts: 8,
      everyMs: 60,
      ends: 'well',
    },
    {
      after: random.int(50, 400),
      do: 'straggler',
      thread,
      downMs: random.int(10, 200),
      lateMs: random.int(0, 800),
    },
  ],
  /** Another tab takes a session over, the notice is lost, and the former owner's connection stays open. */
  'former owner': (props) => [
    { after: 0, do: 'copy_frozen', page: props.page, notice_is_lost: true },
    publish(props.random.int(2_500, 3_200), props),
  ],
  /** A thread is trimmed twice at once, to different lengths; a page reads it from its start. */
  'two trims': ({ page, thread, random }) => [
    { after: 0, do: 'publish', thread, bytes: 4, named: true, count: 16, everyMs: 5 },
    ...[1, random.int(3, 8)].map((keep): Cue => ({ after: 300, do: 'trim', thread, keep })),
    { after: 300 + random.int(1, 30), do: 'reload', page, checkpoint: false },
  ],
  /** The app stops in the middle of a frame. The store is restored to before the frame, and the log grows again. */
  'put back': (props) => [
    { after: 0, do: 'backup' },
    { after: 20, do: 'restart_monitor', page: props.page, at_event: true, afterMs: 0 },
    {
      after: 21,
      do: 'publish',
      thread: props.thread,
      bytes: 4,
      named: true,
      count: props.random.int(3, 6),
      everyMs: 0,
    },
    { after: props.random.int(60, 200), do: 'restore', downMs: props.random.int(10, 100) },
    publish(props.random.int(350, 600), props),
    publish(props.random.int(650, 900), props),
  ],
  /** During a slow read for a page, the page misses a frame and asks for it. */
  'void read': ({ page, thread, random }) => [
    { after: 0, do: 'offline', page, ms: 200 },
    { after: 10, do: 'publish', thread, bytes: 30, named: true, count: 24, everyMs: 0 },
    { after: 100, do: 'kill', silently: false, downMs: random.int(10, 60), at_step: null },
    { after: 110, do: 'reads', slowMs: random.int(20, 120), failing: 0, ms: 2_500 },
    ...[300, 450, 600, 800].map((after): Cue => loseFrame(after, { page, thread, random })),
  ],
  /**
   * A reply ends and is compacted, with or without other events in the middle of it. A page reads it from its
   * start, or from the log's base by then.
   */
  'late join': ({ page, thread, random }) => [
    { after: 0, do: 'ask', thread, publish: true, parts: 6, everyMs: 5, ends: 'well' },
    ...(random.chance(0.5) ? [publish(random.int(5, 40), { page, thread, random })] : []),
    ...(random.chance(0.3)
      ? [{ after: 140, do: 'trim', thread, keep: random.int(1, 8) } as const]
      : []),
    { after: 150, do: 'reload', page, checkpoint: random.chance(0.3) },
  ],
  /** Frames arrive twice. */
  echo: (props) => [
    { after: 0, do: 'repeat', page: props.page, what: 'thread_events', count: 2 },
    publish(1, props),
    publish(props.random.int(20, 100), props),
  ],
  /** A page acknowledges more than it got. */
  overstatement: (props) => [
    publish(0, props),
    { after: props.random.int(0, 100), do: 'overstate', page: props.page },
    publish(props.random.int(60, 200), props),
  ],
  /** An empty thread without readers is removed; a backend publishes to it meanwhile. */
  'begun again': ({ page, thread, random }) => [
    { after: 0, do: 'leave', page, politely: true },
    { after: 100, do: 'erase', thread },
    { after: 140, do: 'disk', flushMs: 60, ms: 400 },
    // The removal waits behind a commit that is being flushed.
    { after: 158, do: 'publish', thread: thread + 1, bytes: 4, named: true, count: 1, everyMs: 0 },
    { after: 160, do: 'forget', thread },
    {
      after: 160 + random.int(1, 30),
      do: 'publish',
      thread,
      bytes: 4,
      named: true,
      count: 3,
      everyMs: 10,
    },
  ],
  /** The server is stopped during a reply that takes longer than its drain. */
  'long reply': ({ thread, random }) => [
    {
      after: 0,
      do: 'ask',
      thread,
      publish: true,
      parts: 3,
      everyMs: 20_000,
      ends: 'well',
    },
    { after: random.int(10, 100), do: 'stop', drainMs: random.int(0, 200), downMs: 50 },
  ],
  /** Events pile up on a slow connection to a page, and the app stops at one of them. */
  'half read': ({ page, thread, random }) => [
    { after: 0, do: 'stall', page, direction: 'down', ms: 100 },
    { after: 5, do: 'publish', thread, bytes: 4, named: true, count: 6, everyMs: 5 },
    {
      after: 10,
      do: 'restart_monitor',
      page,
      at_event: true,
      skip: random.int(1, 3),
      afterMs: 30,
    },
  ],
  /** A page is put away and comes back, over dead connections that the browser has kept for it. */
  'put away': (props) => {
    const ms = props.random.int(50, 1_500);
    return [
      publish(0, props),
      {
        after: props.random.int(0, 60),
        do: 'put_away',
        page: props.page,
        ms,
        keptDead: props.random.int(0, 2),
      },
      publish(props.random.int(0, ms), props),
      publish(ms + props.random.int(50, 200), props),
    ];
  },
  /** A connection is lost, and the first attempt to reconnect gets no answer. */
  'no answer': (props) => [
    { after: 0, do: 'unanswered_dials', page: props.page, count: 1 },
    { after: 1, do: 'cut', page: props.page, tells: 'both' },
    publish(props.random.int(5, 300), props),
  ],
  /** A page is reloaded and copied, and the node dies before the page has its receipt. The copy may come back first. */
  'copied while it waits': (props) => [
    { after: 0, do: 'reload', page: props.page, checkpoint: false },
    publish(props.random.int(10, 50), props),
    { after: props.random.int(20, 60), do: 'duplicate', page: props.page },
    publish(props.random.int(60, 90), props),
    {
      after: props.random.int(50, 130),
      do: 'kill',
      silently: true,
      downMs: props.random.int(50, 300),
      at_step: null,
    },
    publish(props.random.int(500, 900), props),
  ],
  /** The clock jumps, and a tab is duplicated just after its owner was heard from. */
  jump: ({ page, random }) => [
    { after: 0, do: 'clock', byMs: random.pick([-3_000, 2_500, 4_000]) },
    { after: random.int(0, 150), do: 'duplicate', page },
  ],
};

/** @param scenarios those to choose from (those of every world) */
export function generateScripted(
  seed: number,
  { pages, threads, calmAt }: Stage,
  scenarios: Scripted = SCRIPTED_SCENARIOS,
): readonly Timed[] {
  return Object.entries(scenarios).flatMap(([name, play]) => {
    const random = new Random(seed).fork(name);
    if (!random.chance(CHANCES[name] ?? CHANCE)) return [];
    const at = random.int(200, Math.max(200, calmAt - 400));
    const page = random.int(0, pages - 1);
    const thread = random.int(0, threads - 1);
    return play({ page, thread, random }).map(({ after, ...action }) => ({
      at: at + after,
      ...action,
    }));
  });
}
