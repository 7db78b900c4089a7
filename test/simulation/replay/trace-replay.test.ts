import { expect, test } from 'vitest';
import type { TraceLine } from '../../../packages/server/src/observe/session-trace/line.js';
import { TraceReplay } from './trace-replay.js';

const ids = { session_id: 's', thread_id: 't', connection: 'c' };

function stage() {
  const replay = new TraceReplay();
  let seq = 0;
  const take = (step: string, fields: Readonly<Record<string, unknown>> = {}) => {
    seq += 1;
    const line = { time: seq, seq, node: 'n', started_at: 1, step, ...ids, ...fields };
    return replay.take(line as TraceLine)?.what;
  };
  const register = () => {
    const place = { asked: 'start', head: 0, base: 0, window_events: 4, window_bytes: 400 };
    take('considered', { attempt: 1, claimed: false, ...place });
    return take('register', { outcome: 'new', from: 1 });
  };
  const frame = (from: number, more: Readonly<Record<string, unknown>> = {}) =>
    take('frame', { from, to: from, events: 1, bytes: 100, asks_ack: true, ...more });
  const acknowledged = (told: number, in_flight_bytes: number) =>
    take('acknowledged', { told, same_epoch: true, offset: told, in_flight_bytes });
  return { replay, take, register, frame, acknowledged };
}

test('a frame goes on where the one before has ended, and not beyond its credit', () => {
  const { register, frame, acknowledged, replay } = stage();
  expect([register(), frame(1), frame(2), frame(3), frame(4)]).toEqual(Array(5).fill(undefined));
  expect(frame(5)).toBe('whether its credit was spent');
  expect(acknowledged(2, 200)).toBeUndefined();
  expect(frame(6)).toContain('the gap before the frame');
  expect(frame(4)).toBe('where the frame begins');
  expect(frame(5)).toBeUndefined();
  expect(acknowledged(3, 100)).toBe('bytes in flight');
  expect(replay.decisions).toBe(7);
});

test('what others of a connection use may make a frame wait and ask, never the other way round', () => {
  const { register, frame, take } = stage();
  register();
  expect(frame(1, { asks_ack: true })).toBeUndefined();
  expect(take('pause', { waiting: 'credit' })).toBeUndefined();
  expect(frame(2)).toBeUndefined();
  expect(frame(3, { asks_ack: false })).toBe('whether the frame asks for an acknowledgement');
  const idle = stage();
  idle.register();
  expect(idle.take('pause', { waiting: 'credit' })).toContain('waits for credit');
});

test('an announced reset moves the reader, and its gap is all that is trimmed', () => {
  const { register, frame, acknowledged, take } = stage();
  register();
  frame(1);
  take('reset', { reason: 'diverged', from: 6 });
  take('gap', { gap_from: 1, gap_to: 5 });
  const announcement = { from: 6, to: 5, events: 0, bytes: 0, asks_ack: true };
  expect(take('frame', announcement)).toBeUndefined();
  expect(frame(6)).toBeUndefined();
  // Of the log before.
  const late = { told: 1, same_epoch: false, offset: 5, in_flight_bytes: 100 };
  expect(take('acknowledged', late)).toBeUndefined();
  expect(acknowledged(6, 0)).toBeUndefined();
});

test('what is not watched, or has lines missing, is not decided', () => {
  const { take, frame, acknowledged, replay } = stage();
  expect(take('register', { outcome: 'resumed', from: 9 })).toBeUndefined();
  expect(frame(70)).toBeUndefined();
  expect(take('sample', { acknowledged: 3, sent: 70, in_flight_bytes: 8 })).toBeUndefined();
  expect(replay.decisions).toBe(0);
  // Nothing is in flight: now its place is known.
  acknowledged(70, 0);
  expect(frame(72)).toContain('gap');
  take('detail_off', { session_id: undefined, reason: 'time' });
  expect(frame(90)).toBeUndefined();
});

test('a resume moves the reader, and what is under way meanwhile goes on from where it was', () => {
  const { register, frame, take, acknowledged } = stage();
  register();
  frame(1);
  frame(2);
  const place = { asked: 'cursor', asked_offset: 1, same_epoch: true, same_tag: true };
  take('considered', { ...place, head: 3, base: 0, window_events: 4, window_bytes: 400 });
  expect(take('resume', { outcome: 'resumed', from: 2 })).toBeUndefined();
  expect([frame(3), frame(2), frame(3)]).toEqual([undefined, undefined, undefined]);
  expect(acknowledged(3, 0)).toBeUndefined();
  expect(frame(3)).toBe('where the frame begins');
});
