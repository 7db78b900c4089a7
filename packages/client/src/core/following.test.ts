import { describe, expect, test } from 'vitest';
import type { Event } from './events.js';
import type { State } from './state.js';
import {
  delivered,
  find,
  frame,
  granted,
  live,
  monitorEvents,
  now,
  random,
  receipt,
  step,
  timer,
  types,
} from './step.fixture.js';

describe('frames', () => {
  const receive = (state: State, ...args: Parameters<typeof frame>) =>
    step(state, { type: 'frame', now, frame: frame(...args) });

  const resume = (state: State) =>
    step(state, {
      type: 'resume_receipt',
      now,
      random,
      id: state.resume?.id ?? 0,
      receipt: receipt({ outcome: 'resumed' }),
    }).state;

  test('are applied when the listeners have been called, not before', () => {
    const received = receive(live, 11, 3);
    expect(types(received.effects)).toEqual(['deliver']);
    expect(received.state.inbox?.offset).toBe(10);
    const { state } = step(received.state, delivered(frame(11, 3), 13, 3));
    expect(state.inbox).toEqual({ epoch: 'e1', offset: 13, cursor: 'e1.13.t' });
  });

  test('applied in part leave the cursor where it was', () => {
    const { state } = step(live, delivered(frame(11, 3), 12, 2, false));
    expect(state.inbox).toEqual({ epoch: 'e1', offset: 12, cursor: 'e1.10.t' });
  });

  test('are acknowledged when the server asks, at half a window, and when they come twice', () => {
    const deliver = (count: number, ack?: true) => {
      const sent = frame(11, count, ack ? { ack } : {});
      return step(live, delivered(sent, 10 + count, count)).effects;
    };
    expect(types(deliver(49))).toEqual([]);
    expect(types(deliver(50))).toEqual(['send_ack']);
    const place = { session_id: 'session', generation: 1, epoch: 'e1' };
    expect(find(deliver(1, true), 'send_ack')?.message).toEqual({ ...place, offset: 11 });
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
    const message = { session_id: 'session', cursor: 'e1.10.t' };
    expect(find(asked.effects, 'send_resume')?.message).toEqual(message);
    const meanwhile = receive(asked.state, 11, 1);
    expect(meanwhile.effects).toEqual([]);
    expect(receive(meanwhile.state, 14, 1).effects).toEqual([]);
    expect(types(receive(resume(asked.state), 11, 3).effects)).toEqual(['deliver']);
  });

  test('holes without progress lead to a registration, then to a new link', () => {
    const once = receive(live, 13, 1);
    const twice = receive(resume(once.state), 13, 1);
    const thrice = receive(resume(twice.state), 13, 1);
    expect(types(once.effects)).toContain('send_resume');
    expect(types(twice.effects)).toContain('send_resume');
    expect(types(thrice.effects)).toContain('send_register');
    const again = step(thrice.state, granted(thrice.state)).state;
    const last = receive(again, 13, 1);
    expect(types(last.effects)).toEqual(['disconnect', 'connect', 'set_timer', 'notify']);
    expect(monitorEvents(last.effects)).toMatchObject([{ name: 'error' }]);
  });

  test('a hole on a link that is silent leads to a ping, then to a new link', () => {
    const silence = (ms: number) => ({ ...timer('resume'), now: now + ms }) as Event;
    const asked = receive(live, 13, 1).state;
    // The ping that made it live is answered; from here on nothing comes.
    const idle = { ...asked, heartbeat: { ...asked.heartbeat, sentAt: null } };
    const once = step(idle, silence(2_500));
    expect(types(once.effects)).toContain('send_resume');
    expect(types(once.effects)).toContain('send_ping');
    expect(types(step(asked, silence(2_500)).effects)).not.toContain('send_ping');
    const twice = step(once.state, silence(5_000));
    expect(types(twice.effects)).toEqual(['disconnect', 'connect', 'set_timer']);

    const alive = { ...once.state, heartbeat: { ...once.state.heartbeat, heardAt: now + 2_600 } };
    const resumed = step(alive, silence(5_000));
    expect(types(resumed.effects)).toContain('send_register');
  });

  test('a reset in mid-stream changes the epoch and reaches the app first', () => {
    const reset = { reason: 'deleted', from: 1 } as const;
    const { state, effects } = receive(live, 1, 2, { epoch: 'e2', reset });
    expect(types(effects)).toEqual(['notify', 'deliver']);
    expect(state.inbox).toMatchObject({ epoch: 'e2', offset: 0 });
    // A frame of the old epoch that was on its way is dropped.
    expect(receive(state, 11, 1).effects).toEqual([]);
  });

  test('a gap in mid-stream reaches the app first', () => {
    const gap = { from: 11, to: 20, reason: 'trimmed' } as const;
    const { effects } = receive(live, 21, 1, { gap });
    expect(monitorEvents(effects)).toEqual([{ name: 'gap', payload: gap }]);
    expect(effects.at(-1)?.type).toBe('deliver');
  });
});
