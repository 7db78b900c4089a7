import type { Receipt } from '@session-monitor/protocol';
import { describe, expect, test } from 'vitest';
import type { Event } from './events.js';
import { initialState, type State } from './state.js';
import {
  connecting,
  delivered,
  events,
  find,
  frame,
  granted,
  linkDown,
  linkUp,
  live,
  monitorEvents,
  now,
  random,
  recovering,
  refusal,
  registering,
  run,
  start,
  step,
  stopped,
  THREAD,
  timer,
  timers,
  types,
} from './step.fixture.js';

const refused = (state: State, ...fault: Parameters<typeof refusal>) =>
  ({ ...granted(state), receipt: refusal(...fault) }) as Event;
const RECONNECT = ['disconnect', 'connect', 'set_timer'];
const open: Event = { type: 'transport', change: 'connect', transport: 'polling' };

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
    expect(types(dead.effects)).toEqual(RECONNECT);
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
    const partly = step(stopping, delivered(half, 12, 2, false)).state;
    expect(partly).toMatchObject({ inbox: { offset: 12, cursor: 'e1.10.t' } });
    const again = run(partly, { ...start, type: 'start' });
    expect(find(again.effects, 'send_register')?.message).toMatchObject({ cursor: 'e1.14.t' });

    const receives = (fields: Partial<Receipt>) => run(again.state, granted(again.state, fields));
    const resumed = receives({ outcome: 'resumed', head: 14, from: 15, cursor: 'e1.14.t' });
    const rest = { frame: half, skip: 2, from: 13 };
    expect(find(resumed.effects, 'deliver')).toEqual({ type: 'deliver', ...rest });
    const whole = step(resumed.state, delivered(half, 14, 2)).state;
    expect(whole).toMatchObject({ pending: null, inbox: { offset: 14, cursor: 'e1.14.t' } });

    // If the log has lost the frame, or what was before it, the app hears that, and the rest is dropped.
    const gap = { from: 15, to: 20, reason: 'trimmed' } as const;
    const trimmed = receives({ outcome: 'resumed', head: 30, from: 21, cursor: 'e1.20.t', gap });
    expect(monitorEvents(trimmed.effects)[1]).toMatchObject({ payload: { from: 13, to: 20 } });
    const reset = receives({ outcome: 'reset', head: 0, from: 1, cursor: 'e1.0.t' });
    for (const { effects, state } of [trimmed, reset]) {
      expect([types(effects).includes('deliver'), state.pending]).toEqual([false, null]);
    }
  });

  test('a connection on which the namespace does not answer is given up', () => {
    const opened = step(connecting, open);
    expect(timers(opened.effects)).toEqual({ connect: 2_500 });
    const dead = step(opened.state, timer('connect'));
    expect(types(dead.effects)).toEqual(RECONNECT);
    const next = step(dead.state, open);
    expect(timers(next.effects)).toEqual({ connect: 5_000 });
    // What is up in time is not given up.
    const cleared = { type: 'clear_timer', timer: 'connect' };
    expect(step(next.state, linkUp).effects).toContainEqual(cleared);
    expect(step(run(next.state, linkUp).state, timer('connect')).effects).toEqual([]);
  });

  test('a monitor that is started on such a connection watches it, too', () => {
    const idle = initialState(connecting.settings, connecting.instance);
    expect(timers(run(idle, open, start).effects)).toEqual({ connect: 2_500 });
    // A namespace that refuses is not silent: Socket.IO has said so.
    const refused: Event = { type: 'link_failed', managed: false, random };
    expect(timers(run(connecting, open, refused).effects)).toEqual({ reconnect: 500 });
  });

  test('a refusal for now is tried again as a new attempt, no sooner than the server says', () => {
    const outcome = step(registering, refused(registering, 'draining', true, 4_000));
    expect(timers(outcome.effects)).toEqual({ register: 4_000 });
    expect(monitorEvents(outcome.effects)).toMatchObject([
      { name: 'error', payload: { code: 'draining' } },
    ]);
    const again = step(outcome.state, timer('register'));
    expect(find(again.effects, 'send_register')?.message.attempt).toBe(2);
  });

  test('refusals in a row are waited out ever longer', () => {
    let state = registering;
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      const event = refused(state, 'unavailable', true);
      const outcome = step(state, event);
      waits.push(timers(outcome.effects).register ?? 0);
      state = step(outcome.state, timer('register')).state;
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000]);
  });

  test('what was taken over is not claimed again', () => {
    const { effects } = step(live, events['taken over']());
    const message = find(effects, 'send_register')?.message;
    expect(message).toMatchObject({ attempt: 2, cursor: 'e1.10.t' });
    expect(message).not.toHaveProperty('session_id');
    const expired = find(step(live, events.expired()).effects, 'send_register');
    expect(expired?.message).toMatchObject({ session_id: 'session' });
  });

  test('what is granted after it was wanted is given back', () => {
    const late = step(stopped, { ...granted(registering), attempt: 1 } as Event);
    const session = { session_id: 'session', generation: 1 };
    expect(find(late.effects, 'send_leave')?.message).toEqual(session);
    expect(late.state).toBe(stopped);
    // An old answer about the session that we have is no reason to leave it.
    expect(step(live, { ...granted(live), attempt: 0 } as Event).effects).toEqual([]);
  });

  test('a monitor that stops or turns to another thread leaves its session on the server', () => {
    const message = { session_id: 'session', generation: 1 };
    const halted = step(live, { type: 'stop' });
    expect(find(halted.effects, 'send_leave')?.message).toEqual(message);
    const turned = step(live, { ...start, thread_id: 'other' } as Event);
    expect(find(turned.effects, 'send_leave')?.message).toEqual(message);
    expect(find(turned.effects, 'send_register')?.message).toMatchObject({ thread_id: 'other' });
    expect(find(step(recovering, { type: 'stop' }).effects, 'send_leave')).toBeUndefined();
  });

  test('after a refusal silence is silence again: the link is given up in the end', () => {
    const outcome = step(registering, refused(registering, 'unavailable', true));
    const asked = step(outcome.state, timer('register')).state;
    expect(asked).toMatchObject({ attempt: 2, unanswered: 1 });
    const dead = run(asked, timer('register'), timer('register'), timer('register'));
    expect(dead.state).toMatchObject({ attempt: 2, phase: 'recovering' });
  });

  test('a stale attempt is followed by a higher one, not at once', () => {
    const stale = step(registering, refused(registering, 'stale', false));
    expect(types(stale.effects)).toEqual(['set_timer', 'notify']);
    expect(step(stale.state, timer('register')).state.attempt).toBe(2);
  });

  test('a refused token is followed by another at once, and by no more than five', () => {
    const refuse = (state: State) => refused(state, 'token_expired', false);
    let { state, effects } = step(registering, refuse(registering));
    // What is usual is no error.
    expect([types(effects), state.attempt]).toEqual([['send_register', 'set_timer'], 2]);
    const waits: unknown[] = [];
    for (let n = 0; n < 4; n += 1) {
      const outcome = step(state, refuse(state));
      expect(monitorEvents(outcome.effects)).toMatchObject([
        { name: 'error', payload: { code: 'token_expired' } },
      ]);
      waits.push(timers(outcome.effects).register);
      ({ state, effects } = step(outcome.state, timer('register')));
      expect(find(effects, 'send_register')).toBeDefined();
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000]);
    const last = step(state, refuse(state));
    expect(last.state).toMatchObject({ phase: 'failed', failure: { message: 'No. Start again.' } });
    // A start, and a registration that is granted, begin the count again.
    expect(step(last.state, start).state.tokensRefused).toBe(0);
    expect(step(state, granted(state)).state.tokensRefused).toBe(0);
  });

  test('outages in between do not count as refused tokens', () => {
    const refuse = (state: State, code: 'unavailable' | 'unauthenticated') =>
      run(state, refused(state, code, code === 'unavailable'), timer('register')).state;
    let state = registering;
    for (let n = 0; n < 20; n += 1) state = refuse(state, 'unavailable');
    state = refuse(state, 'unauthenticated');
    expect([state.phase, state.tokensRefused]).toEqual(['registering', 1]);
  });

  test('a token that another would not replace ends it at once', () => {
    const settings = { ...registering.settings, tokenRetries: 0 };
    const state = { ...registering, settings };
    const { phase } = step(state, refused(state, 'unauthenticated', false)).state;
    expect(phase).toBe('failed');
  });

  test('news of another session on the socket is none of its business', () => {
    const notice = { session_id: 'another', reason: 'idle', detail: '' };
    expect(step(live, { type: 'expired', now, notice }).state).toBe(live);
    expect(step(live, { type: 'taken_over', now, notice }).state).toBe(live);
  });
});

describe('a receipt', () => {
  const register = run(recovering, linkUp).state;
  const receive = (fields: Partial<Receipt>) => step(register, granted(register, fields));

  test('a reset voids the inbox and reaches the app before any event', () => {
    const diverged = { outcome: 'reset', reason: 'diverged', epoch: 'e1' } as const;
    const { state, effects } = receive({ ...diverged, from: 1, cursor: 'c' });
    expect(state.inbox).toEqual({ epoch: 'e1', offset: 0, cursor: 'c' });
    expect(monitorEvents(effects).map(({ name }) => name)).toEqual(['registered', 'reset']);
    expect(state.counters.resets).toBe(1);
  });

  test('another epoch is a reset, said so or not', () => {
    const { state, effects } = receive({ epoch: 'e2', from: 1, cursor: 'c' });
    expect(state.inbox?.epoch).toBe('e2');
    expect(monitorEvents(effects)).toContainEqual({
      name: 'reset',
      payload: { reason: 'epoch_changed', from: 1 },
    });
  });

  test('the app hears of the part of a gap that is new', () => {
    const gap = { from: 5, to: 20, reason: 'trimmed' } as const;
    const { state, effects } = receive({ from: 21, cursor: 'c', gap });
    expect(state.inbox?.offset).toBe(20);
    expect(monitorEvents(effects)).toContainEqual({ name: 'gap', payload: { ...gap, from: 11 } });
  });

  test('an inbox ahead of its cursor stays: what comes again is dropped', () => {
    const ahead: State = { ...register, inbox: { epoch: 'e1', offset: 15, cursor: 'e1.10.t' } };
    const { state } = step(ahead, granted(ahead));
    expect(state.inbox).toEqual({ epoch: 'e1', offset: 15, cursor: 'e1.10.t' });
    const { effects } = step(state, { type: 'frame', now, frame: frame(11, 8) });
    expect(find(effects, 'deliver')).toMatchObject({ skip: 5, from: 16 });
  });
});
