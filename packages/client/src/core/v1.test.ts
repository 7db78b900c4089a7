import { describe, expect, test } from 'vitest';
import { statusOf } from '../follower/status.js';
import type { Event } from './events.js';
import {
  find,
  granted,
  linkDown,
  linkUp,
  live,
  monitorEvents,
  now,
  registering,
  run,
  start,
  step,
  THREAD,
  timer,
  timers,
  types,
} from './step.fixture.js';

const RECONNECT = ['disconnect', 'connect', 'set_timer'];

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
    expect(types(first.effects)).toEqual(['send_ping', 'set_timer']);
    expect(find(first.effects, 'send_ping')?.message).toEqual({ thread_id: THREAD });
    const v1Session = { session_id: 'socket', ponged: false };
    expect([v1.phase, v1.session, v1.v1]).toEqual(['live', null, v1Session]);
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

  test('met with a v2 cursor: the monitor keeps it, notifies the app, and tries v2 again', () => {
    const met = run(live, linkDown, linkUp, registered);
    expect(monitorEvents(met.effects)).toMatchObject([
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
    expect(types(step(late.state, timer('ping')).effects)).toEqual(['send_ping', 'set_timer']);
  });

  test('that has answered pings and stops is dead: the monitor makes a new link', () => {
    const late = step(ponged, timer('pong'));
    expect([late.state.phase, types(late.effects)]).toEqual([
      'degraded',
      ['send_ping', 'set_timer'],
    ]);
    expect(types(step(late.state, timer('pong')).effects)).toEqual(RECONNECT);
  });

  test('asks whether the client is still there: an answer and a ping, at once', () => {
    const ask: Event = { type: 'system_ping', now, timestamp: 'then' };
    const ANSWER = ['send_system_ping_response', 'send_ping', 'set_timer'];
    const answered = step(ponged, ask);
    expect(types(answered.effects)).toEqual(ANSWER);
    expect(types(step(live, ask).effects)).toEqual(ANSWER);
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
