import { decodeCursor, encodeCursor } from '@session-monitor/protocol';
import { expect, test } from 'vitest';
import { FakeLog, newEvent } from './fake-log.js';
import { Random } from './random.js';

/** Two batches of three, the first offset of which is gone. */
function someLog(): FakeLog {
  const log = new FakeLog(new Random(1));
  for (let batch = 0; batch < 2; batch += 1) log.append([1, 2, 3].map((n) => newEvent('note', n)));
  log.trim(1);
  return log;
}

const changed = (cursor: string, change: { offset?: number; epoch?: string; tag?: string }) =>
  encodeCursor({ epoch: '', offset: 0, tag: '', ...decodeCursor(cursor), ...change });

test('a cursor of the log is continued where it is', () => {
  const log = someLog();
  for (const offset of [1, 2, 3, 4, 6]) {
    const cursor = log.cursorAt(offset);
    expect(log.continueAt(cursor)).toEqual({ epoch: log.epoch, after: offset, cursor });
  }
});

test('a cursor that does not fit the log starts over, with the reason', () => {
  const log = someLog();
  const at3 = log.cursorAt(3);
  const reasonOf = (cursor: string) => log.continueAt(cursor).reset;
  expect(reasonOf('malformed')).toBe('epoch_changed');
  expect(reasonOf(changed(at3, { epoch: 'another' }))).toBe('epoch_changed');
  expect(reasonOf(changed(at3, { offset: 7 }))).toBe('cursor_ahead');
  expect(reasonOf(changed(at3, { tag: 'another' }))).toBe('diverged');
  // Two batches, two tags.
  expect(reasonOf(changed(at3, { offset: 4 }))).toBe('diverged');
  log.restart('deleted');
  const start = { epoch: log.epoch, after: 0, cursor: log.cursorAt(0) };
  expect(log.continueAt(at3)).toEqual({ ...start, reset: 'deleted' });
});

test('a reader behind the trimmed events gets a gap', () => {
  const log = someLog();
  const before = changed(log.cursorAt(1), { offset: 0, tag: '0' });
  const place = {
    epoch: log.epoch,
    after: 1,
    cursor: log.cursorAt(1),
    gap: { from: 1, to: 1, reason: 'trimmed' },
  };
  expect(log.continueAt(before)).toEqual(place);
  expect(log.beginSince('start')).toEqual(place);
  expect(log.beginSince(0)).toEqual(place);
});

test('events that were replaced under one epoch are refused, those that came since are not', () => {
  const log = someLog();
  const [epoch, at3] = [log.epoch, log.cursorAt(3)];
  log.restart('cursor_ahead');
  expect(log.epoch).toBe(epoch);
  expect(log.continueAt(at3).reset).toBe('cursor_ahead');
  log.append([1, 2, 3, 4].map((n) => newEvent('note', n)));
  expect(log.continueAt(at3).reset).toBe('cursor_ahead');
  expect(log.continueAt(log.cursorAt(3)).reset).toBeUndefined();
  expect(log.continueAt(log.cursorAt(0)).reset).toBeUndefined();
});

test('a batch is appended once under its name', () => {
  const log = someLog();
  expect(log.append([newEvent('note', 7)], 'm')).toBe(7);
  expect(log.append([newEvent('note', 8)], 'm')).toBe(7);
  expect(log.head).toBe(7);
});

test('reads in pieces of at least one event', () => {
  const log = someLog();
  expect(log.read(0, 2, 1_000).events).toEqual([
    ['note', 2],
    ['note', 3],
  ]);
  expect(log.read(2, 100, 1).events).toEqual([['note', 3]]);
  expect(log.read(6, 100, 1_000)).toEqual({ events: [], bytes: 0, to: 6 });
});

test('a reader that reaches the text of an ended reply gets it as one event', () => {
  const log = new FakeLog(new Random(1));
  const delta = (text: string, more: object = {}) =>
    newEvent('message', { type: 'message', delta: text, ...more, run_id: 'r' });
  log.append([newEvent('note', 1), delta('a'), delta('b'), newEvent('note', 2), delta('c')]);
  log.append([delta('d', { bold: true }), delta('e'), delta('f')]);
  log.compact('another');
  expect(log.read(1, 100, 1_000).events.length).toBe(7);
  log.compact('r');
  const whole = (text: string) => ({ type: 'message', delta: text, run_id: 'r' });
  expect(log.read(0, 100, 1_000)).toMatchObject({
    events: [
      ['note', 1],
      ['message', whole('ab'), 2],
      ['note', 2],
      ['message', whole('c')],
      ['message', { delta: 'd', bold: true }],
      ['message', whole('ef'), 2],
    ],
    to: 8,
  });
  // A reader in the middle gets the rest as it was written.
  expect(log.read(2, 1, 1_000)).toMatchObject({ events: [['message', whole('b')]], to: 3 });
  log.trim(2);
  expect(log.read(2, 1, 1_000)).toMatchObject({ events: [['message', whole('b')]], to: 3 });
});
