import { expect, test } from 'vitest';
import { fakeClock } from '../../../../testing/src/fake-clock.js';
import { createTrace, silentLogger } from '../trace.js';
import { Detail } from './detail.js';
import { LineWriter, readLine } from './line.js';
import { Recorder } from './recorder.js';
import { NOWHERE, type TraceStore } from './trace-store.js';

const MIB = 1024 * 1024;

function stage(maxBytes = 256 * MIB, kept: TraceStore['kept'] = 'memory') {
  const clock = fakeClock();
  const texts: string[] = [];
  const followed = new Set<string>();
  let suppressed = 0;
  const store = { ...NOWHERE, kept, maxBytes, append: (text: string) => void texts.push(text) };
  const detail = new Detail({ clock, maxBytes, onEnded: () => {} });
  const keeper = new Recorder({
    store,
    writer: new LineWriter('node-1', clock.wall()),
    detail,
    clock,
    maxAgeMs: 48 * 3_600_000,
    hasFollowed: (connection) => followed.has(connection),
    onSuppressed: () => {
      suppressed += 1;
    },
  });
  const steps = () => texts.map((text) => readLine(text)?.step);
  const trace = createTrace(silentLogger, { keeper });
  const quiet = createTrace({ ...silentLogger, isLevelEnabled: () => false }, { keeper });
  return {
    clock,
    texts,
    followed,
    detail,
    keeper,
    steps,
    trace,
    quiet,
    suppressed: () => suppressed,
  };
}

test('it keeps what the log leaves out, but pings and frames only of what is watched', () => {
  const { detail, steps, quiet } = stage();
  const ids = { session_id: 's', thread_id: 't' };
  quiet('sample', { ...ids, head: 1 });
  quiet('ping', ids);
  quiet('frame', ids);
  expect(steps()).toEqual(['sample']);
  detail.begin({ session_id: 's' }, 1_000);
  quiet('ping', ids);
  quiet('ping', { session_id: 'other', thread_id: 'other' });
  quiet('trim', { thread_id: 't' });
  expect(steps()).toEqual(['sample', 'ping']);
});

test('without addresses no line has one', () => {
  const { keeper, texts } = stage();
  const trace = createTrace(silentLogger, { keeper, addresses: false });
  trace('connect', { connection: 'c', address: '192.0.2.1' });
  expect(readLine(texts[0] ?? '')).not.toHaveProperty('address');
});

test('strangers have a share of the room, and clients that follow something the rest', async () => {
  const { clock, trace, steps, followed, suppressed, texts } = stage(MIB);
  for (let n = 0; n < 10_000; n += 1)
    trace('connect', { connection: `c${n}`, address: '192.0.2.1' });
  const kept = texts.length;
  expect(kept).toBeGreaterThan(300);
  expect(kept + suppressed()).toBe(10_000);
  expect(texts.join('').length).toBeLessThan(MIB / 8);
  trace('register', { session_id: 's', thread_id: 't', connection: 'c9999' });
  followed.add('c9999');
  trace('upgrade', { connection: 'c9999', transport: 'websocket' });
  trace('run_started', { run_id: 'r', thread_id: 't' });
  trace('disconnect', { connection: 'c9999', ms: 5 });
  trace('access_refused', { path: '/debug', code: 'key_required' });
  expect(steps().slice(kept)).toEqual([
    'register',
    'upgrade',
    'run_started',
    'disconnect',
    'access_refused',
  ]);
  // The share comes back with time: a quarter of the room over two days.
  await clock.advance(3_600_000);
  for (let n = 0; n < 1_000; n += 1) trace('connect', { connection: `d${n}` });
  expect(texts.length - kept).toBeLessThan(100);
});

test('connections that follow something take nothing of the share of strangers', () => {
  const { trace, followed, suppressed } = stage(MIB);
  for (let n = 0; n < 5_000; n += 1) {
    const connection = `c${n}`;
    trace('connect', { connection });
    trace('register', { connection, session_id: `s${n}`, thread_id: 't' });
    followed.add(connection);
    trace('disconnect', { connection });
  }
  expect(suppressed()).toBe(0);
});

test('what is off keeps nothing, and composes nothing', () => {
  const { keeper, texts, trace } = stage(MIB, 'nowhere');
  expect(keeper.wants('register', {})).toBe(false);
  trace('register', {});
  expect(texts).toEqual([]);
});

test('lines of what is watched count for its share', () => {
  const { detail, trace } = stage(1_000);
  detail.begin({ thread_id: 't' }, 60_000);
  for (let n = 0; n < 20 && detail.isOn; n += 1) trace('frame', { thread_id: 't', from: n });
  expect(detail.isOn).toBe(false);
});
