import type { Fault, Pong, Receipt, ThreadEvents } from '@session-monitor/protocol';
import { describe, expect, test } from 'vitest';
import { statusOf } from '../status.js';
import type { Effect } from './effects.js';
import type { Event } from './events.js';
import { initialState, type Phase, type State } from './state.js';
import { step } from './step.js';

const THREAD = 'thread';
const now = 100_000;
const random = 0.5;

const receipt = (fields: Partial<Receipt> = {}): Receipt => ({
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

const frame = (
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

const pong = (fields: Partial<Pong> = {}): Pong => ({
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

const refusal = (code: Fault['code'], retryable: boolean, retry_after_ms?: number) =>
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
function run(
  state: State,
  ...events: readonly Event[]
): { state: State; effects: readonly Effect[] } {
  let result: { state: State; effects: readonly Effect[] } = { state, effects: [] };
  for (const event of events) result = step(result.state, event);
  return result;
}

const start: Event = { type: 'start', now, thread_id: THREAD, saved: null };
const linkUp: Event = { type: 'link_up', now, transport: 'websocket' };
const linkDown: Event = { type: 'link_down', now, random, end: 'transport', managed: true };
const granted = (state: State, fields: Partial<Receipt> = {}): Event => ({
  type: 'receipt',
  now,
  random,
  attempt: state.attempt,
  receipt: receipt(fields),
});
const timer = (name: Extract<Event, { type: 'timer' }>['timer']): Event => ({
  type: 'timer',
  now,
  random,
  timer: name,
});

const idle = initialState({ pingIntervalMs: 15_000, since: 'start', user_id: null }, 'instance');
const connecting = run(idle, start).state;
const registering = run(connecting, linkUp).state;
const live = run(registering, granted(registering)).state;
const degraded = run(live, timer('pong')).state;
const recovering = run(live, linkDown).state;
const stopped = run(live, { type: 'stop' }).state;
const failed = run(registering, {
  type: 'receipt',
  now,
  random,
  attempt: 1,
  receipt: refusal('authorisation', false),
}).state;
const states: Record<Phase, State> = {
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
const happenings = {
  start: () => start,
  'start of another thread': () => ({ ...start, thread_id: 'other' }),
  stop: () => ({ type: 'stop' }),
  'link up': () => linkUp,
  'link lost': () => linkDown,
  'link ended by the server': () => ({ ...linkDown, end: 'server', managed: false }),
  'link ended by the app': () => ({ ...linkDown, end: 'app', managed: false }),
  'link given up': () => ({ ...linkDown, end: 'monitor' }),
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
  'a rubbish receipt': (state) => ({ ...granted(state), receipt: undefined }),
  'resume receipt': () => ({ type: 'resume_receipt', now, random, id: 1, receipt: receipt() }),
  frame: () => ({ type: 'frame', now, frame: frame(11, 1) }),
  delivered: () => ({
    type: 'delivered',
    frame: frame(11, 1),
    offset: 11,
    complete: true,
    events: 1,
  }),
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
  wake: () => ({ type: 'wake', now }),
  expired: () => ({
    type: 'expired',
    now,
    notice: { session_id: 'session', reason: 'idle', detail: 'idle' },
  }),
  'taken over': () => ({ type: 'taken_over', now, notice: { session_id: 'session' } }),
  draining: () => ({ type: 'draining', notice: { retry_after_ms: 500 } }),
} satisfies Record<string, (state: State) => Event>;

type Happening = keyof typeof happenings;
const stays = (phase: Phase): Record<Happening, Phase> =>
  Object.fromEntries(Object.keys(happenings).map((name) => [name, phase])) as Record<
    Happening,
    Phase
  >;

/** Where each happening leads from each phase. What is not named stays. */
const table: Record<Phase, Record<Happening, Phase>> = {
  idle: {
    ...stays('idle'),
    start: 'connecting',
    'start of another thread': 'connecting',
    stop: 'stopped',
  },
  connecting: {
    ...stays('connecting'),
    stop: 'stopped',
    'link up': 'registering',
    'link lost': 'recovering',
    'link ended by the server': 'recovering',
  },
  registering: {
    ...stays('registering'),
    stop: 'stopped',
    'link lost': 'recovering',
    'link ended by the server': 'recovering',
    'link ended by the app': 'connecting',
    receipt: 'live',
    'v1 registered': 'live',
    'refused for good': 'failed',
  },
  live: {
    ...stays('live'),
    stop: 'stopped',
    'start of another thread': 'registering',
    'link up': 'registering',
    'link lost': 'recovering',
    'link ended by the server': 'recovering',
    'link ended by the app': 'connecting',
    'pong of another owner': 'registering',
    'pong timer': 'degraded',
    expired: 'registering',
    'taken over': 'registering',
  },
  degraded: {
    ...stays('degraded'),
    stop: 'stopped',
    'start of another thread': 'registering',
    'link up': 'registering',
    'link lost': 'recovering',
    'link ended by the server': 'recovering',
    'link ended by the app': 'connecting',
    frame: 'live',
    pong: 'live',
    'pong of another owner': 'registering',
    'pong timer': 'recovering',
    expired: 'registering',
    'taken over': 'registering',
  },
  recovering: {
    ...stays('recovering'),
    stop: 'stopped',
    'start of another thread': 'connecting',
    'link up': 'registering',
    'link ended by the app': 'connecting',
  },
  stopped: {
    ...stays('stopped'),
    start: 'registering',
    'start of another thread': 'registering',
  },
  failed: {
    ...stays('failed'),
    start: 'registering',
    'start of another thread': 'registering',
    stop: 'stopped',
  },
};

describe('every phase meets every happening', () => {
  for (const phase of Object.keys(states) as Phase[]) {
    test(phase, () => {
      const state = states[phase];
      expect(state.phase).toBe(phase);
      const led = Object.entries(happenings).map(([name, make]) => {
        const before = structuredClone(state);
        const { state: after } = step(state, make(state) as Event);
        // The old state is left alone.
        expect(state).toEqual(before);
        return [name, after.phase];
      });
      expect(Object.fromEntries(led)).toEqual(table[phase]);
    });
  }

  test('a monitor that does not run sets no timer and sends nothing', () => {
    for (const phase of ['idle', 'stopped', 'failed'] as const) {
      for (const [name, make] of Object.entries(happenings)) {
        // A session that is granted too late is given back: see below.
        if (name.startsWith('start') || name.endsWith('receipt')) continue;
        const { effects } = step(states[phase], make(states[phase]) as Event);
        const active = effects.filter(({ type }) => type !== 'clear_timer');
        expect([phase, name, active]).toEqual([phase, name, []]);
      }
    }
  });
});

const types = (effects: readonly Effect[]): string[] =>
  effects.filter(({ type }) => type !== 'clear_timer').map(({ type }) => type);
const find = <T extends Effect['type']>(effects: readonly Effect[], type: T) =>
  effects.find((effect): effect is Extract<Effect, { type: T }> => effect.type === type);
const timers = (effects: readonly Effect[]) =>
  Object.fromEntries(
    effects.flatMap((effect) => (effect.type === 'set_timer' ? [[effect.timer, effect.ms]] : [])),
  );
const notices = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.type === 'notify' ? [effect.notice] : []));

describe('registering', () => {
  test('the first one names where to begin, later ones the cursor and the session', () => {
    const first = find(step(connecting, linkUp).effects, 'send_register');
    expect(first?.message).toEqual({
      protocol: 2,
      thread_id: THREAD,
      instance: 'instance',
      attempt: 1,
      since: 'start',
    });
    const again = find(step(recovering, linkUp).effects, 'send_register');
    expect(again?.message).toEqual({
      protocol: 2,
      thread_id: THREAD,
      session_id: 'session',
      session_secret: 'secret',
      instance: 'instance',
      attempt: 2,
      cursor: 'e1.10.t',
    });
  });

  test('without an answer it is repeated under its number, then the link is given up', () => {
    const second = step(registering, timer('register'));
    expect(find(second.effects, 'send_register')?.message.attempt).toBe(1);
    const dead = step(second.state, timer('register'));
    expect(types(dead.effects)).toEqual(['disconnect', 'connect']);
    expect(dead.state.phase).toBe('recovering');
  });

  test('a server that is slow is given more time on each new link, until it answers', () => {
    const patience = (state: State) => timers(step(state, linkUp).effects).register;
    const silent = (state: State) => run(state, linkUp, timer('register'), timer('register')).state;
    const links = [connecting];
    for (let n = 0; n < 3; n += 1) links.push(silent(links.at(-1) ?? connecting));
    expect(links.map(patience)).toEqual([2_500, 5_000, 10_000, 10_000]);
    const asking = run(links.at(-1) ?? connecting, linkUp).state;
    const answered = run(asking, granted(asking), linkDown).state;
    expect(patience(answered)).toBe(2_500);
  });

  test("begins where the app's saved state ends, and with it only for its thread", () => {
    const idle = initialState(connecting.settings, connecting.instance);
    const saved: Event = { ...start, checkpoint: 'e1.7.t' } as Event;
    const { effects } = run(idle, linkUp, saved);
    expect(find(effects, 'send_register')?.message).toMatchObject({ cursor: 'e1.7.t' });
    expect(find(effects, 'send_register')?.message).not.toHaveProperty('since');
    const elsewhere = run(idle, linkUp, saved, { ...start, thread_id: 'other' } as Event);
    expect(find(elsewhere.effects, 'send_register')?.message).not.toHaveProperty('cursor');
  });

  test('a frame that was applied in part is asked about as a whole, and its rest comes from memory', () => {
    const half = frame(11, 4);
    const stopping = run(live, { type: 'frame', now, frame: half }, { type: 'stop' }).state;
    const partly = step(stopping, {
      ...{ type: 'delivered', frame: half, offset: 12, events: 2 },
      complete: false,
    }).state;
    expect(partly).toMatchObject({ inbox: { offset: 12, cursor: 'e1.10.t' } });
    const again = run(partly, { ...start, type: 'start' });
    expect(find(again.effects, 'send_register')?.message).toMatchObject({ cursor: 'e1.14.t' });

    const receives = (fields: Partial<Receipt>) => run(again.state, granted(again.state, fields));
    const resumed = receives({ outcome: 'resumed', head: 14, from: 15, cursor: 'e1.14.t' });
    const rest = { frame: half, skip: 2, from: 13 };
    expect(find(resumed.effects, 'deliver')).toEqual({ type: 'deliver', ...rest });
    const whole = step(resumed.state, {
      ...{ type: 'delivered', frame: half, offset: 14, events: 2 },
      complete: true,
    }).state;
    expect(whole).toMatchObject({ pending: null, inbox: { offset: 14, cursor: 'e1.14.t' } });

    // A log that has lost it, or what was before it, is told; nothing comes of it any more.
    const gap = { from: 15, to: 20, reason: 'trimmed' } as const;
    const trimmed = receives({ outcome: 'resumed', head: 30, from: 21, cursor: 'e1.20.t', gap });
    expect(notices(trimmed.effects)[1]).toMatchObject({ payload: { from: 13, to: 20 } });
    const reset = receives({ outcome: 'reset', head: 0, from: 1, cursor: 'e1.0.t' });
    for (const { effects, state } of [trimmed, reset]) {
      expect([types(effects).includes('deliver'), state.pending]).toEqual([false, null]);
    }
  });

  test('a connection on which the namespace does not answer is given up', () => {
    const opened = step(connecting, { type: 'transport', change: 'connect', transport: 'polling' });
    expect(timers(opened.effects)).toEqual({ connect: 2_500 });
    const dead = step(opened.state, timer('connect'));
    expect(types(dead.effects)).toEqual(['disconnect', 'connect']);
    const next = step(dead.state, { type: 'transport', change: 'connect', transport: 'polling' });
    expect(timers(next.effects)).toEqual({ connect: 5_000 });
    // What is up in time is not given up.
    expect(step(next.state, linkUp).effects).toContainEqual({
      type: 'clear_timer',
      timer: 'connect',
    });
    expect(step(run(next.state, linkUp).state, timer('connect')).effects).toEqual([]);
  });

  test('a monitor that is started on such a connection watches it, too', () => {
    const idle = initialState(connecting.settings, connecting.instance);
    const open: Event = { type: 'transport', change: 'connect', transport: 'polling' };
    expect(timers(run(idle, open, start).effects)).toEqual({ connect: 2_500 });
    // A namespace that refuses is not silent: Socket.IO has said so.
    const refused: Event = { type: 'link_failed', managed: false, random };
    expect(timers(run(connecting, open, refused).effects)).toEqual({ reconnect: 500 });
  });

  test('a refusal for now is tried again as a new attempt, no sooner than the server says', () => {
    const refused = step(registering, {
      ...granted(registering),
      receipt: refusal('draining', true, 4_000),
    } as Event);
    expect(timers(refused.effects)).toEqual({ register: 4_000 });
    expect(notices(refused.effects)).toMatchObject([
      { name: 'error', payload: { code: 'draining' } },
    ]);
    const again = step(refused.state, timer('register'));
    expect(find(again.effects, 'send_register')?.message.attempt).toBe(2);
  });

  test('refusals in a row are waited out ever longer', () => {
    let state = registering;
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      const event = { ...granted(state), receipt: refusal('unavailable', true) } as Event;
      const refused = step(state, event);
      waits.push(timers(refused.effects).register ?? 0);
      state = step(refused.state, timer('register')).state;
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000]);
  });

  test('what was taken over is not claimed again', () => {
    const { effects } = step(live, happenings['taken over']());
    const message = find(effects, 'send_register')?.message;
    expect(message).toMatchObject({ attempt: 2, cursor: 'e1.10.t' });
    expect(message).not.toHaveProperty('session_id');
    const expired = find(step(live, happenings.expired()).effects, 'send_register');
    expect(expired?.message).toMatchObject({ session_id: 'session' });
  });

  test('what is granted after it was wanted is given back', () => {
    const late = step(stopped, { ...granted(registering), attempt: 1 } as Event);
    expect(find(late.effects, 'send_leave')?.message).toEqual({
      session_id: 'session',
      generation: 1,
    });
    expect(late.state).toBe(stopped);
    // An old answer about the session that we have is no reason to leave it.
    expect(step(live, { ...granted(live), attempt: 0 } as Event).effects).toEqual([]);
  });

  test('who stops or turns to another thread leaves the session on the server', () => {
    const message = { session_id: 'session', generation: 1 };
    const halted = step(live, { type: 'stop' });
    expect(find(halted.effects, 'send_leave')?.message).toEqual(message);
    const turned = step(live, { ...start, thread_id: 'other' } as Event);
    expect(find(turned.effects, 'send_leave')?.message).toEqual(message);
    expect(find(turned.effects, 'send_register')?.message).toMatchObject({ thread_id: 'other' });
    expect(find(step(recovering, { type: 'stop' }).effects, 'send_leave')).toBeUndefined();
  });

  test('after a refusal silence is silence again: the link is given up in the end', () => {
    const refused = step(registering, {
      ...granted(registering),
      receipt: refusal('unavailable', true),
    } as Event).state;
    const asked = step(refused, timer('register')).state;
    expect(asked).toMatchObject({ attempt: 2, unanswered: 1 });
    const dead = run(asked, timer('register'), timer('register'), timer('register'));
    expect(dead.state).toMatchObject({ attempt: 2, phase: 'recovering' });
  });

  test('a stale attempt is followed by a higher one, not at once', () => {
    const stale = step(registering, {
      ...granted(registering),
      receipt: refusal('stale', false),
    } as Event);
    expect(types(stale.effects)).toEqual(['set_timer', 'notify']);
    expect(step(stale.state, timer('register')).state.attempt).toBe(2);
  });

  test('news of another session on the socket is none of its business', () => {
    const notice = { session_id: 'another', reason: 'idle', detail: '' };
    expect(step(live, { type: 'expired', now, notice }).state).toBe(live);
    expect(step(live, { type: 'taken_over', now, notice }).state).toBe(live);
  });
});

describe('a receipt', () => {
  const register = run(recovering, linkUp).state;

  test('a reset voids the inbox and is told before any event', () => {
    const { state, effects } = step(
      register,
      granted(register, {
        outcome: 'reset',
        reason: 'diverged',
        epoch: 'e1',
        from: 1,
        cursor: 'c',
      }),
    );
    expect(state.inbox).toEqual({ epoch: 'e1', offset: 0, cursor: 'c' });
    expect(notices(effects).map(({ name }) => name)).toEqual(['registered', 'reset']);
    expect(state.counters.resets).toBe(1);
  });

  test('another epoch is a reset, said so or not', () => {
    const { state, effects } = step(
      register,
      granted(register, { epoch: 'e2', from: 1, cursor: 'c' }),
    );
    expect(state.inbox?.epoch).toBe('e2');
    expect(notices(effects)).toContainEqual({
      name: 'reset',
      payload: { reason: 'epoch_changed', from: 1 },
    });
  });

  test('a gap is told as far as it is new', () => {
    const gap = { from: 5, to: 20, reason: 'trimmed' } as const;
    const { state, effects } = step(register, granted(register, { from: 21, cursor: 'c', gap }));
    expect(state.inbox?.offset).toBe(20);
    expect(notices(effects)).toContainEqual({ name: 'gap', payload: { ...gap, from: 11 } });
  });

  test('an inbox ahead of its cursor stays: what comes again is dropped', () => {
    const ahead: State = { ...register, inbox: { epoch: 'e1', offset: 15, cursor: 'e1.10.t' } };
    const { state } = step(ahead, granted(ahead));
    expect(state.inbox).toEqual({ epoch: 'e1', offset: 15, cursor: 'e1.10.t' });
    const { effects } = step(state, { type: 'frame', now, frame: frame(11, 8) });
    expect(find(effects, 'deliver')).toMatchObject({ skip: 5, from: 16 });
  });
});

describe('frames', () => {
  const receive = (state: State, ...args: Parameters<typeof frame>) =>
    step(state, { type: 'frame', now, frame: frame(...args) });

  test('are applied when the listeners have been called, not before', () => {
    const received = receive(live, 11, 3);
    expect(types(received.effects)).toEqual(['deliver']);
    expect(received.state.inbox?.offset).toBe(10);
    const delivered = step(received.state, {
      type: 'delivered',
      frame: frame(11, 3),
      offset: 13,
      complete: true,
      events: 3,
    });
    expect(delivered.state.inbox).toEqual({ epoch: 'e1', offset: 13, cursor: 'e1.13.t' });
  });

  test('applied in part leave the cursor where it was', () => {
    const { state } = step(live, {
      type: 'delivered',
      frame: frame(11, 3),
      offset: 12,
      complete: false,
      events: 2,
    });
    expect(state.inbox).toEqual({ epoch: 'e1', offset: 12, cursor: 'e1.10.t' });
  });

  test('are acknowledged when the server asks, at half a window, and when they come twice', () => {
    const deliver = (count: number, ack?: true) => {
      const sent = frame(11, count, ack ? { ack } : {});
      return step(live, {
        type: 'delivered',
        frame: sent,
        offset: 10 + count,
        complete: true,
        events: count,
      }).effects;
    };
    expect(types(deliver(49))).toEqual([]);
    expect(types(deliver(50))).toEqual(['send_ack']);
    expect(find(deliver(1, true), 'send_ack')?.message).toEqual({
      session_id: 'session',
      generation: 1,
      epoch: 'e1',
      offset: 11,
    });
    const duplicate = receive(live, 9, 2);
    expect(types(duplicate.effects)).toEqual(['send_ack']);
    expect(duplicate.state.counters.duplicates).toBe(2);
  });

  test('of another thread, session or epoch are dropped', () => {
    expect(receive(live, 11, 1, { thread_id: 'other' }).effects).toEqual([]);
    expect(receive(live, 11, 1, { session_id: 'other' }).effects).toEqual([]);
    expect(receive(live, 11, 1, { epoch: 'e0' }).effects).toEqual([]);
    expect(types(receive(live, 11, 1, { session_id: 'session' }).effects)).toEqual(['deliver']);
  });

  test('after a hole are discarded until the receipt, and one request is in flight', () => {
    const asked = receive(live, 13, 1);
    expect(find(asked.effects, 'send_resume')?.message).toEqual({
      session_id: 'session',
      cursor: 'e1.10.t',
    });
    const meanwhile = receive(asked.state, 11, 1);
    expect(meanwhile.effects).toEqual([]);
    expect(receive(meanwhile.state, 14, 1).effects).toEqual([]);
    const resumed = step(asked.state, {
      type: 'resume_receipt',
      now,
      random,
      id: asked.state.resume?.id ?? 0,
      receipt: receipt({ outcome: 'resumed' }),
    });
    expect(types(receive(resumed.state, 11, 3).effects)).toEqual(['deliver']);
  });

  test('holes without progress lead to a registration, then to a new link', () => {
    const resume = (state: State) =>
      step(state, {
        type: 'resume_receipt',
        now,
        random,
        id: state.resume?.id ?? 0,
        receipt: receipt({ outcome: 'resumed' }),
      }).state;
    const once = receive(live, 13, 1);
    const twice = receive(resume(once.state), 13, 1);
    const thrice = receive(resume(twice.state), 13, 1);
    expect(types(once.effects)).toContain('send_resume');
    expect(types(twice.effects)).toContain('send_resume');
    expect(types(thrice.effects)).toContain('send_register');
    const again = step(thrice.state, granted(thrice.state)).state;
    const last = receive(again, 13, 1);
    expect(types(last.effects)).toEqual(['disconnect', 'connect', 'notify']);
    expect(notices(last.effects)).toMatchObject([{ name: 'error' }]);
  });

  test('a hole on a link that is silent leads to a ping, then to a new link', () => {
    const silence = (after: number): Event => ({
      ...{ type: 'timer', timer: 'resume', random },
      now: now + after,
    });
    const asked = receive(live, 13, 1).state;
    // The ping that made it live is answered; from here on nothing comes.
    const idle = { ...asked, heartbeat: { ...asked.heartbeat, sentAt: null } };
    const once = step(idle, silence(2_500));
    expect(types(once.effects)).toContain('send_resume');
    expect(types(once.effects)).toContain('send_ping');
    expect(types(step(asked, silence(2_500)).effects)).not.toContain('send_ping');
    const twice = step(once.state, silence(5_000));
    expect(types(twice.effects)).toEqual(['disconnect', 'connect']);

    const alive = { ...once.state, heartbeat: { ...once.state.heartbeat, heardAt: now + 2_600 } };
    const resumed = step(alive, silence(5_000));
    expect(types(resumed.effects)).toContain('send_register');
  });

  test('a reset in mid-stream changes the epoch and is told first', () => {
    const reset = { reason: 'deleted', from: 1 } as const;
    const { state, effects } = receive(live, 1, 2, { epoch: 'e2', reset });
    expect(types(effects)).toEqual(['notify', 'deliver']);
    expect(state.inbox).toMatchObject({ epoch: 'e2', offset: 0 });
    // A frame of the old epoch that was on its way is dropped.
    expect(receive(state, 11, 1).effects).toEqual([]);
  });

  test('a gap in mid-stream is told first', () => {
    const gap = { from: 11, to: 20, reason: 'trimmed' } as const;
    const { effects } = receive(live, 21, 1, { gap });
    expect(notices(effects)).toEqual([{ name: 'gap', payload: gap }]);
    expect(effects.at(-1)?.type).toBe('deliver');
  });
});

describe('the heartbeat', () => {
  const answer = (state: State, fields: Partial<Pong> = {}) =>
    step(state, {
      type: 'pong',
      now: now + 40,
      sequence: state.heartbeat.sequence,
      pong: pong(fields),
    });

  test('pings at once when live, then at the shorter of the two intervals', () => {
    const { effects } = step(registering, granted(registering, { ping_interval_ms: 9_000 }));
    expect(types(effects)).toContain('send_ping');
    const { state } = step(registering, granted(registering, { ping_interval_ms: 9_000 }));
    expect(timers(answer(state).effects)).toEqual({ ping: 9_000 });
    expect(timers(answer(live).effects)).toEqual({ ping: 15_000 });
  });

  test('a late pong is asked for again at once; the second time the link is given up', () => {
    const late = step(live, timer('pong'));
    expect(late.state.phase).toBe('degraded');
    expect(types(late.effects)).toEqual(['send_ping', 'set_timer']);
    const dead = step(late.state, timer('pong'));
    expect(types(dead.effects)).toEqual(['disconnect', 'connect']);
  });

  test('frames that arrive show that the link lives', () => {
    const { sentAt } = live.heartbeat;
    const busy = step(live, { type: 'frame', now: (sentAt ?? 0) + 1, frame: frame(11, 1) }).state;
    const { state, effects } = step(busy, timer('pong'));
    expect(state.phase).toBe('live');
    expect(types(effects)).toEqual(['set_timer']);
  });

  test('what was sent and did not arrive is asked for', () => {
    expect(types(answer(live, { sent: 12, head: 12 }).effects)).toContain('send_resume');
  });

  test('a log that is another one is asked for: the reset was lost', () => {
    const changed = answer(live, { epoch: 'e2', head: 0, sent: 0 });
    expect(types(changed.effects)).toContain('send_resume');
    expect(types(answer(live, { epoch: 'e1' }).effects)).toEqual(['set_timer']);
  });

  test('a pump that does not move although nothing is in its way is asked twice, then resumed', () => {
    const first = answer(live, { head: 15 });
    expect(types(first.effects)).toEqual(['set_timer']);
    const pinged = step(first.state, timer('ping')).state;
    expect(types(answer(pinged, { head: 15 }).effects)).toContain('send_resume');
    expect(types(answer(pinged, { head: 15, waiting: 'credit' }).effects)).toEqual(['set_timer']);
  });

  test('waking up asks at once, or makes a link at once', () => {
    expect(types(step(live, { type: 'wake', now }).effects)).toContain('send_ping');
    expect(types(step(recovering, { type: 'wake', now }).effects)).toEqual([
      'disconnect',
      'connect',
    ]);
  });
});

describe('coming back', () => {
  const down = (fields: Partial<Extract<Event, { type: 'link_down' }>>, state = live) =>
    step(state, { ...linkDown, ...fields } as Event).effects;

  test('after a blip at once, else when Socket.IO does', () => {
    const since = live.link.since;
    expect(timers(down({ now: since + 5_000, random: 1 }))).toEqual({ reconnect: 20 });
    expect(timers(down({ now: since + 4_999 }))).toEqual({});
  });

  test('by itself when Socket.IO does not, ever more slowly', () => {
    expect(timers(down({ end: 'server', managed: false }))).toEqual({ reconnect: 500 });
    let state = recovering;
    const waits: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      const failure = step(state, { type: 'link_failed', random: 1, managed: false });
      waits.push(timers(failure.effects).reconnect ?? 0);
      state = step(failure.state, timer('reconnect')).state;
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test('when the server that announced its end has asked for it, and not before', () => {
    const { state } = step(live, { type: 'draining', notice: { retry_after_ms: 700 } });
    const effects = down({ end: 'server', now: live.link.since + 9_000 }, state);
    expect(types(effects)).toEqual(['disconnect', 'set_timer']);
    expect(timers(effects)).toEqual({ reconnect: 700 });
  });

  test('not at all after the app has disconnected', () => {
    expect(types(down({ end: 'app', managed: false }))).toEqual([]);
  });
});

describe('a backend that speaks v1', () => {
  const registered: Event = { type: 'v1_registered', now, session_id: 'socket' };
  const first = step(registering, registered);
  const v1 = first.state;
  const ponged = run(v1, {
    type: 'pong',
    now,
    sequence: v1.heartbeat.sequence,
    pong: undefined,
  }).state;

  test('is known by its answer: the monitor is live, pings, and claims nothing', () => {
    expect(types(first.effects)).toEqual(['send_v1_ping', 'set_timer']);
    expect(find(first.effects, 'send_v1_ping')?.thread_id).toBe(THREAD);
    expect([v1.phase, v1.session, v1.v1]).toEqual([
      'live',
      null,
      { session_id: 'socket', ponged: false },
    ]);
    expect(statusOf(v1)).toMatchObject({ protocol: 1, exactly_once: false, session_id: 'socket' });
    expect(statusOf(live)).toMatchObject({ protocol: 2, exactly_once: true });
  });

  test('may answer twice, by an acknowledgement and an event', () => {
    const ack = step(registering, { type: 'v1_registered', now, attempt: 1 });
    const event = step(ack.state, registered);
    expect(event.effects).toEqual([]);
    expect(event.state.v1?.session_id).toBe('socket');
  });

  test('has been decided on when a v2 receipt came first', () => {
    expect(step(live, registered)).toEqual({ state: live, effects: [] });
  });

  test('is registered with again after a reconnect, and asked for what was missed', () => {
    const down = step(v1, linkDown).state;
    expect(statusOf(down).protocol).toBe(null);
    const up = step(down, linkUp);
    expect(find(up.effects, 'send_register')?.message).toMatchObject({ protocol: 2, attempt: 2 });
    const again = step(up.state, registered);
    expect(find(again.effects, 'request_missed')?.message).toEqual({ thread_id: THREAD });
    expect(again.state.phase).toBe('live');
    // On another thread there is nothing to have missed.
    const other = run(v1, { ...start, thread_id: 'other' }, registered);
    expect(find(other.effects, 'request_missed')).toBeUndefined();
  });

  test('met with a v2 cursor: the cursor is kept, the app is told, v2 is tried again', () => {
    const met = run(live, linkDown, linkUp, registered);
    expect(notices(met.effects)).toMatchObject([
      { name: 'protocol_downgrade', payload: { epoch: 'e1', offset: 10 } },
    ]);
    expect(met.state.inbox).toEqual(live.inbox);
    const back = run(met.state, linkDown, linkUp);
    expect(find(back.effects, 'send_register')?.message).toMatchObject({ cursor: 'e1.10.t' });
    const resumed = step(back.state, granted(back.state, { outcome: 'resumed' }));
    expect(statusOf(resumed.state)).toMatchObject({ protocol: 2, offset: 10 });
  });

  test('that never answers a ping is not dead for that', () => {
    const late = step(v1, timer('pong'));
    expect(late.state.phase).toBe('live');
    expect(timers(late.effects)).toEqual({ ping: 15_000 });
    expect(types(step(late.state, timer('ping')).effects)).toEqual(['send_v1_ping', 'set_timer']);
  });

  test('that has answered and then does not is: the link is made anew', () => {
    const late = step(ponged, timer('pong'));
    expect([late.state.phase, types(late.effects)]).toEqual([
      'degraded',
      ['send_v1_ping', 'set_timer'],
    ]);
    expect(types(step(late.state, timer('pong')).effects)).toEqual(['disconnect', 'connect']);
  });

  test('asks whether somebody is there: an answer and a ping, at once', () => {
    const ask: Event = { type: 'system_ping', now, timestamp: 'then' };
    const answered = step(ponged, ask);
    expect(types(answered.effects)).toEqual([
      'send_system_ping_response',
      'send_v1_ping',
      'set_timer',
    ]);
    expect(types(step(live, ask).effects)).toEqual([
      'send_system_ping_response',
      'send_ping',
      'set_timer',
    ]);
  });

  test('sends what was missed in one piece: it is handed on, if it is ours', () => {
    const missed = { thread_id: THREAD, messages: [{ type: 'knowledge' }] };
    const handed = step(v1, { type: 'missed_messages', missed });
    expect(find(handed.effects, 'hand_on')?.messages).toEqual(missed.messages);
    const other = { ...missed, thread_id: 'other' };
    expect(step(v1, { type: 'missed_messages', missed: other }).effects).toEqual([]);
    expect(step(live, { type: 'missed_messages', missed }).effects).toEqual([]);
  });

  test('and stop: nothing is left to fire', () => {
    const stopping = step(ponged, { type: 'stop' });
    expect(types(stopping.effects)).toEqual([]);
    expect(stopping.state).toMatchObject({ phase: 'stopped', v1: null });
  });
});
