/** What the tests of the core start from: messages of a server, events, and a state in each phase. */

import type { Fault, Pong, Receipt, ThreadEvents } from '@session-monitor/protocol';
import type { Effect } from './effects.js';
import type { Event, Of } from './events.js';
import { RETRY_RULES, TOKEN_RULES } from './retrying.js';
import { initialState, type Phase, type State } from './state.js';
import { RULES, step as stepByRules } from './step.js';
import { V1_RULES } from './v1.js';

/** In both dialects, as a SessionMonitor goes. */
export const step = (state: State, event: Event) =>
  stepByRules({ ...RULES, ...V1_RULES, ...RETRY_RULES, ...TOKEN_RULES }, state, event);

export const THREAD = 'thread';
export const now = 100_000;
export const random = 0.5;

export const receipt = (fields: Partial<Receipt> = {}): Receipt => ({
  ok: true,
  protocol: 2,
  session_id: 'session',
  session_secret: 'secret',
  generation: 1,
  thread_id: THREAD,
  transport: 'websocket',
  node: 'node-1',
  server_time: '2026-01-01T00:00:00.000Z',
  outcome: 'new',
  epoch: 'e1',
  head: 10,
  from: 11,
  cursor: 'e1.10.t',
  replay: 0,
  window: { events: 100, bytes: 10_000 },
  ping_interval_ms: 15_000,
  session_ttl_ms: 1_800_000,
  ...fields,
});

export const frame = (
  offset: number,
  count: number,
  fields: Partial<ThreadEvents> = {},
): ThreadEvents => ({
  thread_id: THREAD,
  epoch: 'e1',
  offset,
  cursor: `e1.${offset + count - 1}.t`,
  events: Array.from({ length: count }, (_, index) => ['e', offset + index]),
  ...fields,
});

export const pong = (fields: Partial<Pong> = {}): Pong => ({
  pong: true,
  timestamp: '',
  session_id: 'session',
  thread_id: THREAD,
  transport: 'websocket',
  owner: true,
  head: 10,
  sent: 10,
  waiting: null,
  ...fields,
});

export const refusal = (code: Fault['code'], retryable: boolean, retry_after_ms?: number) =>
  ({
    ok: false,
    error: {
      code,
      message: 'No.',
      retryable,
      ...(retry_after_ms !== undefined && { retry_after_ms }),
    },
  }) as const;

/** Runs events from a state; the effects are those of the last. */
export function run(
  state: State,
  ...events: readonly Event[]
): { state: State; effects: readonly Effect[] } {
  let result: { state: State; effects: readonly Effect[] } = { state, effects: [] };
  for (const event of events) result = step(result.state, event);
  return result;
}

export const start: Of<'start'> = { type: 'start', now, thread_id: THREAD, saved: null };
export const linkUp: Of<'link_up'> = { type: 'link_up', now, transport: 'websocket' };
export const linkDown: Of<'link_down'> = {
  type: 'link_down',
  now,
  random,
  end: 'transport',
  managed: true,
};
export const granted = (state: State, fields: Partial<Receipt> = {}): Event => ({
  type: 'receipt',
  now,
  random,
  attempt: state.attempt,
  receipt: receipt(fields),
});
/** So many events of a frame are applied, up to an offset. */
export const delivered = (
  of: ThreadEvents,
  offset: number,
  events: number,
  complete = true,
): Of<'delivered'> => ({ type: 'delivered', frame: of, offset, events, complete });
export const timer = (name: Of<'timer'>['timer']): Event => ({
  type: 'timer',
  now,
  random,
  timer: name,
});

const idle = initialState(
  { pingIntervalMs: 15_000, since: 'start', user_id: null, tokenRetries: 5, wayOn: 'Start again.' },
  'instance',
);
export const connecting = run(idle, start).state;
export const registering = run(connecting, linkUp).state;
export const live = run(registering, granted(registering)).state;
const degraded = run(live, timer('pong')).state;
export const recovering = run(live, linkDown).state;
export const stopped = run(live, { type: 'stop' }).state;
const failed = run(registering, {
  type: 'receipt',
  now,
  random,
  attempt: 1,
  receipt: refusal('authorisation', false),
}).state;
export const states: Record<Phase, State> = {
  idle,
  connecting,
  registering,
  live,
  degraded,
  recovering,
  stopped,
  failed,
};

/** Everything that can happen, made for the state that it happens to. */
export const events = {
  start: () => start,
  'start of another thread': () => ({ ...start, thread_id: 'other' }),
  stop: () => ({ type: 'stop' }),
  'link up': () => linkUp,
  'link lost': () => linkDown,
  'link ended by the server': () => ({ ...linkDown, end: 'server', managed: false }),
  'link ended by the app': () => ({ ...linkDown, end: 'app', managed: false }),
  'link given up by another monitor': () => ({ ...linkDown, end: 'sibling', managed: false }),
  'link given up': () => ({ ...linkDown, end: 'monitor' }),
  'attempt begun': () => ({ type: 'link_attempt' }),
  'attempt failed': () => ({ type: 'link_failed', random, managed: false }),
  connected: () => ({ type: 'transport', change: 'connect', transport: 'polling' }),
  upgrade: () => ({ type: 'transport', change: 'upgrade', transport: 'websocket' }),
  'failed upgrade': () => ({ type: 'upgrade_failed', reason: 'timeout' }),
  'v1 registered': () => ({ type: 'v1_registered', now, session_id: 'socket' }),
  'v1 registered elsewhere': () => ({ type: 'v1_registered', now, thread_id: 'other' }),
  'missed messages': () => ({ type: 'missed_messages', missed: { messages: [1] } }),
  'system ping': () => ({ type: 'system_ping', now, timestamp: 'then' }),
  receipt: (state) => granted(state),
  'old receipt': (state) => ({ ...granted(state), attempt: state.attempt - 1 }),
  'refused for now': (state) => ({ ...granted(state), receipt: refusal('unavailable', true) }),
  'refused for good': (state) => ({ ...granted(state), receipt: refusal('authorisation', false) }),
  'a malformed receipt': (state) => ({ ...granted(state), receipt: undefined }),
  'resume receipt': () => ({ type: 'resume_receipt', now, random, id: 1, receipt: receipt() }),
  frame: () => ({ type: 'frame', now, frame: frame(11, 1) }),
  delivered: () => delivered(frame(11, 1), 11, 1),
  pong: (state) => ({ type: 'pong', now, sequence: state.heartbeat.sequence, pong: pong() }),
  'pong of another owner': (state) => ({
    type: 'pong',
    now,
    sequence: state.heartbeat.sequence,
    pong: pong({ owner: false }),
  }),
  'ping timer': () => timer('ping'),
  'pong timer': () => timer('pong'),
  'register timer': () => timer('register'),
  'resume timer': () => timer('resume'),
  'reconnect timer': () => timer('reconnect'),
  sleep: () => ({ type: 'sleep' }),
  wake: () => ({ type: 'wake', now }),
  expired: () => ({
    type: 'expired',
    now,
    notice: { session_id: 'session', reason: 'idle', detail: 'idle' },
  }),
  'taken over': () => ({ type: 'taken_over', now, notice: { session_id: 'session' } }),
  'retry wanted': () => ({ type: 'retry' }),
  'token refused': () => ({ type: 'token_refused' }),
  'token refused at registering': (state) => ({
    ...granted(state),
    receipt: refusal('token_expired', false),
  }),
  draining: () => ({ type: 'draining', notice: { retry_after_ms: 500 } }),
} satisfies Record<string, (state: State) => Event>;

export const types = (effects: readonly Effect[]): string[] =>
  effects.filter(({ type }) => type !== 'clear_timer').map(({ type }) => type);
export const find = <T extends Effect['type']>(effects: readonly Effect[], type: T) =>
  effects.find((effect): effect is Extract<Effect, { type: T }> => effect.type === type);
export const timers = (effects: readonly Effect[]) =>
  Object.fromEntries(
    effects.flatMap((effect) => (effect.type === 'set_timer' ? [[effect.timer, effect.ms]] : [])),
  );
export const monitorEvents = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.type === 'notify' ? [effect.event] : []));
