import { describe, expect, test } from 'vitest';
import type { Event } from './events.js';
import type { State } from './state.js';
import {
  linkDown,
  live,
  now,
  recovering,
  registering,
  step,
  stopped,
  timer,
  timers,
  types,
} from './step.fixture.js';

const RECONNECT = ['disconnect', 'connect', 'set_timer'];

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

  test('when a server that refuses connections for now has asked for it, and not before', () => {
    const refused = { type: 'link_failed', random: 0.5, managed: false } as const;
    const asked = step(recovering, { ...refused, retryAfterMs: 9_000 });
    expect(timers(asked.effects)).toEqual({ reconnect: 9_000 });
    const soon = step(recovering, { ...refused, retryAfterMs: 10 });
    expect(timers(soon.effects)).toEqual({ reconnect: 500 });
  });

  test('when the server that announced its end has asked for it, and not before', () => {
    const { state } = step(live, { type: 'draining', notice: { retry_after_ms: 700 } });
    const effects = down({ end: 'server', now: live.link.since + 9_000 }, state);
    expect(types(effects)).toEqual(['disconnect', 'set_timer']);
    expect(timers(effects)).toEqual({ reconnect: 700 });
  });

  test('when another monitor on the socket does, which has five seconds for it', () => {
    expect(timers(down({ end: 'sibling', managed: false, random: 0 }))).toEqual({
      reconnect: 5_000,
    });
  });

  test('not at all after the app has disconnected', () => {
    expect(types(down({ end: 'app', managed: false }))).toEqual([]);
  });
});

describe('an attempt that gets no answer', () => {
  const begin = (state: State) => step(state, { type: 'link_attempt' });
  const waits = (state: State) => {
    const all: (number | undefined)[] = [];
    let { state: now, effects } = begin(state);
    for (let n = 0; n < 4; n += 1) {
      all.push(timers(effects).connect);
      ({ state: now, effects } = step(now, timer('connect')));
      expect(types(effects)).toEqual(RECONNECT);
    }
    return all;
  };

  test('is given up for another one, which has more time', () => {
    expect(waits(recovering)).toEqual([4_000, 8_000, 16_000, 20_000]);
  });

  test('has little when the world is back, for as many as a browser may have kept dead ones', () => {
    const { state } = step(recovering, { type: 'wake', now });
    expect(waits(state)).toEqual([1_000, 1_000, 1_000, 1_000]);
    expect(waits({ ...state, silences: 6 })).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  test('has no effect while the monitor is stopped or has a link', () => {
    expect(types(begin(stopped).effects)).toEqual([]);
    expect(types(begin(live).effects)).toEqual([]);
  });
});

describe('an app that does not want to wait', () => {
  const retry: Event = { type: 'retry' };

  test('gets an attempt now, and the backoff begins again', () => {
    const link = { ...recovering.link, failures: 7, drainMs: 9_000 };
    const { state, effects } = step({ ...recovering, link, silences: 3 }, retry);
    expect(types(effects)).toEqual(RECONNECT);
    expect(effects).toContainEqual({ type: 'clear_timer', timer: 'reconnect' });
    expect(state).toMatchObject({ silences: 0, link: { failures: 0, drainMs: null } });
  });

  test('gets a registration now if it was refused for now, and no second one beside the first', () => {
    const waiting = { ...registering, unanswered: 0 };
    expect(types(step(waiting, retry).effects)).toEqual(['send_register', 'set_timer']);
    expect(step(registering, retry)).toEqual({ state: registering, effects: [] });
  });

  test('changes nothing where there is nothing to wait for', () => {
    for (const state of [live, stopped]) expect(step(state, retry)).toEqual({ state, effects: [] });
  });
});

describe('a page that is put away', () => {
  const asleep = step(live, { type: 'sleep' });

  test('gives its connection up, and plans nothing', () => {
    expect(types(asleep.effects)).toEqual(['disconnect']);
    expect(asleep.state.link.up).toBe(false);
  });

  test('makes a new one when it is back, whenever a server has asked it to come', () => {
    const { state } = step(live, { type: 'draining', notice: { retry_after_ms: 9_000 } });
    const back = step(step(state, { type: 'sleep' }).state, { type: 'wake', now });
    expect(types(back.effects)).toEqual(RECONNECT);
  });

  test('has none to give up when the app has disconnected', () => {
    const { state } = step(live, { ...linkDown, end: 'app', managed: false });
    expect(types(step(state, { type: 'sleep' }).effects)).toEqual([]);
    expect(types(step(state, { type: 'wake', now }).effects)).toEqual([]);
  });
});
