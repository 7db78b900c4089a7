import type { Pong } from '@session-monitor/protocol';
import { describe, expect, test } from 'vitest';
import type { State } from './state.js';
import {
  frame,
  granted,
  live,
  now,
  pong,
  recovering,
  registering,
  step,
  timer,
  timers,
  types,
} from './step.fixture.js';

const RECONNECT = ['disconnect', 'connect', 'set_timer'];

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
    expect(types(dead.effects)).toEqual(RECONNECT);
  });

  test('a wake is a probe: two that are not answered take 1.6 seconds at most', () => {
    const slow = { ...live, heartbeat: { ...live.heartbeat, smoothedMs: 700, deviationMs: 200 } };
    const probed = step(slow, { type: 'wake', now });
    expect(timers(probed.effects)).toEqual({ pong: 800 });
    const again = step(probed.state, timer('pong'));
    expect(timers(again.effects)).toEqual({ pong: 800 });
    expect(types(step(again.state, timer('pong')).effects)).toEqual(RECONNECT);
    const quick = { ...live, heartbeat: { ...live.heartbeat, smoothedMs: 20, deviationMs: 5 } };
    expect(timers(step(quick, { type: 'wake', now }).effects)).toEqual({ pong: 400 });
  });

  test('an answer to the first probe ends the hurry, however late it comes', () => {
    const again = step(step(live, { type: 'wake', now }).state, timer('pong')).state;
    const { state } = answer({ ...again, heartbeat: { ...again.heartbeat, sequence: 1 } });
    expect(state.phase).toBe('live');
    expect(timers(step(state, timer('ping')).effects).pong).toBeGreaterThanOrEqual(2_000);
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

  test('a server that has sent less than was received is asked: the log has lost its end, and the reset was lost', () => {
    const offset = live.inbox?.offset ?? 0;
    const behind = answer(live, { sent: offset - 1, head: offset - 1 });
    expect(types(behind.effects)).toContain('send_resume');
    expect(types(answer(live, { sent: offset, head: offset }).effects)).toEqual(['set_timer']);
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
    expect(types(step(recovering, { type: 'wake', now }).effects)).toEqual(RECONNECT);
  });

  test('a server that is cut off from its store is kept, and said to be degraded', () => {
    const cut = { head: live.head + 9, sent: live.inbox?.offset ?? 0, waiting: null };
    let state = live;
    for (let pongs = 1; pongs <= 3; pongs += 1) {
      const answered = answer(state, { ...cut, degraded: true });
      ({ state } = answered);
      expect(state.phase).toBe('degraded');
      expect(types(answered.effects)).not.toContain('send_resume');
    }
    expect(answer(state).state.phase).toBe('live');
  });
});
