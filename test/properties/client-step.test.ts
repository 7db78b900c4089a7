/**
 * The monitor's core under any sequence of events: it never throws, makes only the moves of its graph, has a
 * bounded number of effects, does not change the old state, and never reaches a state in which nothing can ever
 * happen again.
 */

import type { Fault, Pong, Receipt, ThreadEvents } from '@session-monitor/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Effect } from '../../packages/client/src/core/effects.js';
import type { Event, Timer } from '../../packages/client/src/core/events.js';
import {
  initialState,
  isFollowing,
  isRunning,
  type Phase,
  type State,
} from '../../packages/client/src/core/state.js';
import { step } from '../../packages/client/src/core/step.fixture.js';

/** Every legal move, as in the graph at the top of `state.ts`; staying is always legal. */
const MOVES: Readonly<Record<Phase, readonly Phase[]>> = {
  idle: ['connecting', 'registering', 'stopped'],
  connecting: ['registering', 'recovering', 'stopped'],
  registering: ['live', 'connecting', 'recovering', 'failed', 'stopped'],
  live: ['degraded', 'registering', 'recovering', 'connecting', 'stopped'],
  degraded: ['live', 'registering', 'recovering', 'connecting', 'stopped'],
  recovering: ['registering', 'connecting', 'stopped'],
  stopped: ['connecting', 'registering'],
  failed: ['connecting', 'registering', 'stopped'],
};

/** The most effects of one event: all timers cleared, a new connection, a registration, some notices. */
const MAX_EFFECTS = 16;

/** An event for a monitor in some state; the numbers choose among right, nearly right and wrong values. */
interface PropertyEvent {
  readonly kind: string;
  readonly a: number;
  readonly b: number;
  readonly random: number;
}

const KINDS = [
  ...['start', 'start', 'stop', 'link_up', 'link_up', 'link_down', 'link_failed', 'transport'],
  ...['upgrade_failed', 'receipt', 'receipt', 'receipt', 'refusal', 'v1_registered', 'missed'],
  ...['system_ping', 'resume_receipt', 'frame', 'frame', 'frame', 'delivered', 'pong', 'pong'],
  ...['timer', 'timer', 'timer', 'wake', 'expired', 'taken_over', 'draining', 'retry'],
  'token_refused',
] as const;

const event = (kind: string, a = 1): PropertyEvent => ({ kind, a, b: 1, random: 0.5 });
/** A code that ends a registration for good, by its place among the codes. */
const FINAL = 3;

/** Most sequences begin with a connecting or live monitor, where the interesting events come. */
const PRELUDES: readonly (readonly PropertyEvent[])[] = [
  [],
  [event('start'), event('link_up')],
  [event('start'), event('link_up'), event('receipt')],
  [event('start'), event('link_up'), event('refusal', FINAL)],
];

const anyEvents = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    a: fc.nat(1_000),
    b: fc.nat(1_000),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  }),
  { maxLength: 60 },
);

const events = fc
  .tuple(fc.constantFrom(...PRELUDES), anyEvents)
  .map(([prelude, rest]): readonly PropertyEvent[] => [...prelude, ...rest]);

const CODES: readonly Fault['code'][] = [
  ...(['unavailable', 'draining', 'stale', 'authorisation', 'not_registered', 'internal'] as const),
  ...(['token_expired', 'unauthenticated'] as const),
];

const SETTINGS: State['settings'] = {
  pingIntervalMs: 15_000,
  since: 'start',
  user_id: null,
  tokenRetries: 5,
  wayOn: 'Start again.',
};

/** The shell's state for a core: its timers. */
class Shell {
  state: State = initialState(SETTINGS, 'i'.repeat(22));
  readonly timers = new Set<Timer>();
  now = 1_000;

  /** Takes one step and performs its effects. */
  apply(event: Event): readonly Effect[] {
    const before = this.state;
    deepFreeze(before);
    const { state, effects } = step(before, event);
    this.state = state;
    for (const effect of effects) {
      if (effect.type === 'set_timer') this.timers.add(effect.timer);
      if (effect.type === 'clear_timer') this.timers.delete(effect.timer);
    }
    return effects;
  }
}

function deepFreeze(value: object): void {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null && !Object.isFrozen(part)) deepFreeze(part);
  }
  Object.freeze(value);
}

/** The core's event for a generated one in a state; undefined where the shell could not report it. */
function eventOf(shell: Shell, { kind, a, b, random }: PropertyEvent): Event | undefined {
  const { state, now } = shell;
  const right = b % 4 !== 0;
  switch (kind) {
    case 'start':
      return { type: 'start', now, thread_id: a % 5 === 0 ? 'other' : 'thread', saved: savedOf(b) };
    case 'stop':
      return { type: 'stop' };
    case 'link_up':
      return { type: 'link_up', now, transport: a % 2 === 0 ? 'polling' : 'websocket' };
    case 'link_down': {
      const end = (['transport', 'server', 'app', 'monitor'] as const)[a % 4] ?? 'app';
      return { type: 'link_down', now, random, end, managed: b % 2 === 0 };
    }
    case 'link_failed':
      return { type: 'link_failed', random, managed: b % 2 === 0 };
    case 'transport': {
      const change = a % 2 === 0 ? 'connect' : 'upgrade';
      return { type: 'transport', change, transport: 'websocket' };
    }
    case 'upgrade_failed':
      return { type: 'upgrade_failed', reason: 'probe error' };
    case 'receipt':
      return {
        type: 'receipt',
        now,
        random,
        attempt: right ? state.attempt : a % 4,
        receipt: b % 9 === 0 ? undefined : receiptOf(state, a, b),
      };
    case 'refusal':
      return { type: 'receipt', now, random, attempt: state.attempt, receipt: refusalOf(a, b) };
    case 'v1_registered':
      return {
        type: 'v1_registered',
        now,
        ...(right && { attempt: state.attempt, thread_id: 'thread' }),
        ...(a % 2 === 0 && { session_id: 'socket' }),
      };
    case 'missed':
      return { type: 'missed_messages', missed: { messages: [{ n: a }] } };
    case 'system_ping':
      return { type: 'system_ping', now, timestamp: right ? 'then' : null };
    case 'resume_receipt':
      return {
        type: 'resume_receipt',
        now,
        random,
        id: right ? (state.resume?.id ?? 0) : a % 5,
        receipt: a % 5 === 0 ? refusalOf(a, b) : receiptOf(state, a, b),
      };
    case 'frame':
      return { type: 'frame', now, frame: frameOf(state, a, b) };
    case 'delivered': {
      const frame = frameOf(state, a, b);
      const events = frame.events.length;
      const offset = Math.max(0, frame.offset - 1 + events);
      return { type: 'delivered', frame, offset, events, complete: right };
    }
    case 'pong':
      return { type: 'pong', now, sequence: state.heartbeat.sequence, pong: pongOf(state, a, b) };
    case 'timer': {
      const timer = [...shell.timers][a % Math.max(1, shell.timers.size)];
      if (timer === undefined) return undefined;
      shell.timers.delete(timer);
      return { type: 'timer', now, random, timer };
    }
    case 'wake':
      return { type: 'wake', now };
    case 'retry':
    case 'token_refused':
      return { type: kind };
    case 'expired':
      return {
        type: 'expired',
        now,
        notice: { session_id: sessionOf(state, right), reason: '', detail: '' },
      };
    case 'taken_over':
      return { type: 'taken_over', now, notice: { session_id: sessionOf(state, right) } };
    default:
      return { type: 'draining', notice: { retry_after_ms: a } };
  }
}

const savedOf = (b: number) =>
  b % 2 === 0 ? { id: 's'.repeat(22), secret: 'x'.repeat(22) } : null;
const sessionOf = (state: State, right: boolean) =>
  right ? (state.session?.id ?? 's') : 'another';

function receiptOf(state: State, a: number, b: number): Receipt {
  const { inbox } = state;
  const epoch = a % 7 === 0 ? 'e2' : (inbox?.epoch ?? 'e1');
  const from = b % 3 === 0 ? (a % 40) + 1 : (inbox?.offset ?? 0) + 1;
  const outcome = (['new', 'resumed', 'reset', 'forked'] as const)[a % 4] ?? 'new';
  return {
    ok: true,
    protocol: 2,
    session_id: 's'.repeat(22),
    session_secret: 'x'.repeat(22),
    generation: b + 1,
    thread_id: state.thread_id ?? 'thread',
    transport: 'polling',
    node: 'n',
    server_time: '',
    outcome,
    epoch,
    head: from + (b % 5),
    from,
    cursor: `${epoch}.${from - 1}.t`,
    replay: b % 5,
    window: { events: 8, bytes: 1_000 },
    ping_interval_ms: 1_000 + a,
    session_ttl_ms: 1_000,
    ...(a % 5 === 0 && from > 1 && { gap: { from: 1, to: from - 1, reason: 'trimmed' as const } }),
  };
}

function refusalOf(a: number, b: number) {
  const code = CODES[a % CODES.length] ?? 'internal';
  const retryable = code === 'unavailable' || code === 'draining' || code === 'internal';
  const wait = b % 2 === 0 ? { retry_after_ms: b } : {};
  return { ok: false as const, error: { code, message: '', retryable, ...wait } };
}

function frameOf(state: State, a: number, b: number): ThreadEvents {
  const { inbox } = state;
  const epoch = a % 11 === 0 ? 'e2' : (inbox?.epoch ?? 'e1');
  const offset = b % 3 === 0 ? (a % 40) + 1 : (inbox?.offset ?? 0) + 1;
  const events = Array.from({ length: a % 4 }, (_, n) => ['e', n] as const);
  return {
    thread_id: b % 17 === 0 ? 'other' : 'thread',
    epoch,
    offset,
    events,
    cursor: `${epoch}.${offset - 1 + events.length}.t`,
    ...(a % 3 === 0 && { ack: true as const }),
    ...(a % 13 === 0 && { reset: { reason: 'deleted' as const, from: offset } }),
    ...(b % 13 === 0 &&
      offset > 1 && { gap: { from: 1, to: offset - 1, reason: 'trimmed' as const } }),
  };
}

function pongOf(state: State, a: number, b: number): Pong | undefined {
  if (b % 11 === 0) return undefined;
  const at = state.inbox?.offset ?? 0;
  return {
    pong: true,
    timestamp: '',
    session_id: sessionOf(state, b % 13 !== 0),
    thread_id: 'thread',
    transport: 'polling',
    owner: b % 7 !== 0,
    ...(b % 2 === 0 && { epoch: a % 5 === 0 ? 'e9' : (state.inbox?.epoch ?? 'e1') }),
    head: at + (a % 3),
    sent: at + (b % 5 === 0 ? 1 : 0),
    waiting: a % 2 === 0 ? null : 'credit',
  };
}

/** Runs a sequence and calls back after each step. */
function play(
  sequence: readonly PropertyEvent[],
  check: (facts: {
    readonly before: State;
    readonly event: Event;
    readonly effects: readonly Effect[];
    readonly shell: Shell;
  }) => void,
): void {
  const shell = new Shell();
  for (const each of sequence) {
    shell.now += each.a;
    const event = eventOf(shell, each);
    if (!event) continue;
    const before = shell.state;
    const effects = shell.apply(event);
    check({ before, event, effects, shell });
  }
}

const assertAlways = (
  check: Parameters<typeof play>[1],
  parameters: { seed?: number; numRuns?: number } = {},
) =>
  fc.assert(
    fc.property(events, (sequence) => play(sequence, check)),
    { numRuns: 3_000, ...parameters },
  );

describe('any sequence of events', () => {
  test('makes only the moves of the graph, with a bounded number of effects', () => {
    const seen = new Set<string>();
    const check: Parameters<typeof play>[1] = ({ before, effects, shell }) => {
      const [from, to] = [before.phase, shell.state.phase];
      seen.add(`${from} ${to}`);
      // Half a million steps: an expectation on each would take most of the time.
      if (from !== to && !MOVES[from].includes(to)) expect.fail(`${from} -> ${to}`);
      if (effects.length > MAX_EFFECTS) expect.fail(`${effects.length} effects`);
    };
    assertAlways(check);
    // The sequences of this seed make each move of the table.
    assertAlways(check, { seed: 1, numRuns: 8_000 });
    for (const [from, moves] of Object.entries(MOVES)) {
      for (const to of moves) expect([...seen]).toContain(`${from} ${to}`);
    }
  });

  test('never leads to a state in which nothing can ever happen again', () => {
    assertAlways(({ event, shell: { state, timers } }) => {
      const what = `${state.phase} after ${event.type}`;
      if (state.phase === 'registering') expect([...timers], what).toContain('register');
      if (isFollowing(state)) {
        const beats = timers.has('ping') || timers.has('pong');
        expect(beats, `${what}: ${[...timers]}`).toBe(true);
        if (state.resume) expect([...timers], what).toContain('resume');
      }
      if (!isRunning(state)) expect([...timers], what).toEqual([]);
    });
  });

  test('calls the app last, delivers only while following, and asks for one resume at a time', () => {
    assertAlways(({ before, event, effects }) => {
      const types = effects.map(({ type }) => type);
      const first = types.findIndex((type) => type === 'notify' || type === 'deliver');
      const tail = first < 0 ? [] : types.slice(first);
      expect(tail.every((type) => ['notify', 'deliver', 'hand_on'].includes(type))).toBe(true);
      // A receipt also delivers the rest of a frame in which the app had stopped.
      const goesOn = event.type === 'receipt' && before.pending !== null;
      if (types.includes('deliver')) expect(isFollowing(before) || goesOn).toBe(true);
      // A resume without an answer in time is given up for the next.
      const gaveUp = event.type === 'timer' && event.timer === 'resume';
      if (types.includes('send_resume') && !gaveUp) expect(before.resume).toBeNull();
      for (const effect of effects) {
        if (effect.type !== 'set_timer') continue;
        expect(effect.ms).toBeGreaterThanOrEqual(0);
        expect(effect.ms).toBeLessThanOrEqual(30_000);
      }
    });
  });

  test('moves the inbox back only with a reset to the app', () => {
    assertAlways(({ before, event, effects, shell }) => {
      const [old, now] = [before.inbox, shell.state.inbox];
      if (!old || !now || event.type === 'delivered' || event.type === 'start') return;
      if (now.epoch === old.epoch && now.offset >= old.offset) return;
      const told = effects.some(
        (effect) => effect.type === 'notify' && effect.event.name === 'reset',
      );
      expect(told, `${event.type}: ${JSON.stringify([old, now])}`).toBe(true);
    });
  });
});
