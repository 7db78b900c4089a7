import { expect, test } from 'vitest';
import { fakeClock } from '../../../../testing/src/fake-clock.js';
import type { Session } from '../../sessions/session.js';
import type { TraceFields } from '../trace-steps.js';
import { watchBlockedLoop } from './loop-watch.js';
import { Sampler } from './sampler.js';

function sessionAt(id: string, head = 0): Session {
  return {
    id,
    record: { thread_id: 't' },
    peer: { id: `c-${id}`, transport: 'websocket' },
    pump: { acknowledged: 0, sent: 0, inFlightBytes: 0, waiting: null },
    log: { head: { offset: head } },
    acknowledgedAt: 0,
    rttMs: 12,
    sampledPlace: -1,
  } as unknown as Session;
}

const advance = (session: Session, fields: object): void => {
  Object.assign(session.pump as object, fields);
};

function stage(count: number) {
  const clock = fakeClock();
  const sessions = new Map<string, Session>();
  for (let n = 0; n < count; n += 1) sessions.set(`s${n}`, sessionAt(`s${n}`));
  const samples: TraceFields[] = [];
  const registry = {
    get size() {
      return sessions.size;
    },
    connected: () => sessions.values(),
  };
  const sampler = new Sampler({
    clock,
    sessions: registry,
    trace: (_step, fields) => void samples.push(fields),
  });
  sampler.start();
  const taken = () => samples.splice(0).map(({ session_id }) => session_id);
  return { clock, sessions, sampler, samples, taken };
}

test('a session is sampled once a minute, and only if its place has changed', async () => {
  const { clock, sessions, sampler, samples, taken } = stage(3);
  await clock.advance(60_000);
  expect(taken()).toEqual(['s0', 's1', 's2']);
  await clock.advance(60_000);
  expect(taken()).toEqual([]);
  const session = sessions.get('s1');
  if (session) {
    advance(session, { sent: 5, acknowledged: 2, inFlightBytes: 300, waiting: 'transport' });
    Object.assign(session.log.head, { offset: 9 });
  }
  await clock.advance(60_000);
  expect(samples).toEqual([
    {
      session_id: 's1',
      thread_id: 't',
      transport: 'websocket',
      acknowledged: 2,
      sent: 5,
      head: 9,
      in_flight_bytes: 300,
      waiting: 'transport',
      ack_age_ms: expect.any(Number),
      rtt_ms: 12,
    },
  ]);
  sampler.stop();
  expect(clock.pending).toBe(0);
});

test('many sessions are spread over the minute', async () => {
  const { clock, taken } = stage(6_000);
  await clock.advance(1_000);
  expect(taken()).toHaveLength(100);
  await clock.advance(29_000);
  expect(taken()).toHaveLength(2_900);
  await clock.advance(30_000);
  expect(taken()).toHaveLength(3_000);
});

test('sessions that come and go during a walk are no trouble', async () => {
  const { clock, sessions, taken } = stage(120);
  await clock.advance(30_000);
  for (let n = 0; n < 60; n += 1) sessions.delete(`s${n}`);
  for (let n = 200; n < 260; n += 1) sessions.set(`s${n}`, sessionAt(`s${n}`));
  await clock.advance(90_000);
  expect(new Set(taken()).size).toBe(180);
});

test('a blocked loop is traced with how long it was blocked, about', () => {
  let now = 0;
  let timer = { due: 0, fn: () => {} };
  const clock = {
    now: () => now,
    after: (ms: number, fn: () => void) => {
      timer = { due: now + ms, fn };
      return () => {
        timer = { due: Number.NaN, fn: () => {} };
      };
    },
  };
  const blocked: unknown[] = [];
  const stop = watchBlockedLoop(clock, (_step, { ms }: { ms?: unknown }) => void blocked.push(ms));
  for (const lateMs of [0, 20, 499, 800, 0]) {
    now = timer.due + lateMs;
    timer.fn();
  }
  expect(blocked).toEqual([800]);
  stop();
  expect(timer.due).toBeNaN();
});
