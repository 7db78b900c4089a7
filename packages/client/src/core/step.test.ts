import { describe, expect, test } from 'vitest';
import type { Event } from './events.js';
import type { Phase } from './state.js';
import { events, states, step } from './step.fixture.js';

type EventName = keyof typeof events;
const stays = (phase: Phase): Record<EventName, Phase> =>
  Object.fromEntries(Object.keys(events).map((name) => [name, phase])) as Record<EventName, Phase>;

/** Where each event leads from each phase. An event that is not named changes nothing. */
const table: Record<Phase, Record<EventName, Phase>> = {
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
    'link given up by another monitor': 'recovering',
  },
  registering: {
    ...stays('registering'),
    sleep: 'recovering',
    stop: 'stopped',
    'link lost': 'recovering',
    'link ended by the server': 'recovering',
    'link given up by another monitor': 'recovering',
    'link ended by the app': 'connecting',
    receipt: 'live',
    'v1 registered': 'live',
    'refused for good': 'failed',
  },
  live: {
    ...stays('live'),
    sleep: 'recovering',
    stop: 'stopped',
    'start of another thread': 'registering',
    'link up': 'registering',
    'link lost': 'recovering',
    'link ended by the server': 'recovering',
    'link given up by another monitor': 'recovering',
    'link ended by the app': 'connecting',
    'pong of another owner': 'registering',
    'token refused': 'registering',
    'pong timer': 'degraded',
    expired: 'registering',
    'taken over': 'registering',
  },
  degraded: {
    ...stays('degraded'),
    sleep: 'recovering',
    stop: 'stopped',
    'start of another thread': 'registering',
    'link up': 'registering',
    'link lost': 'recovering',
    'link ended by the server': 'recovering',
    'link given up by another monitor': 'recovering',
    'link ended by the app': 'connecting',
    frame: 'live',
    pong: 'live',
    'pong of another owner': 'registering',
    'token refused': 'registering',
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

describe('every phase meets every event', () => {
  for (const phase of Object.keys(states) as Phase[]) {
    test(phase, () => {
      const state = states[phase];
      expect(state.phase).toBe(phase);
      const led = Object.entries(events).map(([name, make]) => {
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
      for (const [name, make] of Object.entries(events)) {
        // A session that is granted too late is given back: see below.
        if (name.startsWith('start') || name.endsWith('receipt')) continue;
        const { effects } = step(states[phase], make(states[phase]) as Event);
        const active = effects.filter(({ type }) => type !== 'clear_timer');
        expect([phase, name, active]).toEqual([phase, name, []]);
      }
    }
  });
});
