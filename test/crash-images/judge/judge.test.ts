/** The judge must be able to fail: doctored images, one for each way to be wrong. */

import { describe, expect, test } from 'vitest';
import type { Opened, ThreadImage } from '../opener/messages.js';
import type { RecordLine } from '../record.js';
import { judge } from './judge.js';
import { readReference } from './reference.js';

const RECORD: readonly RecordLine[] = [
  ['append', 't', 'a', 1, true],
  ['appended', 'a', 'E', 1, 1],
  ['append', 't', 'b', 2, true],
  ['appended', 'b', 'E', 2, 3],
  ['start', 'r'],
  ['started', 'r'],
  ['append', 'u', 'c', 1, false],
  ['appended', 'c', 'F', 1, 1],
  ['append', 't', 'd', 1, true],
];
const a = ['a', 0] as const;
const b0 = ['b', 0] as const;
const b1 = ['b', 1] as const;
const d = ['d', 0] as const;

type Image = Extract<Opened, { result: 'opened' }>;

const thread = (events: ThreadImage['events'], fields: Partial<ThreadImage> = {}): ThreadImage => ({
  thread_id: 't',
  epoch: 'E',
  base: 0,
  offset: events.length,
  events,
  ...fields,
});
const other = thread([['c', 0]], { thread_id: 'u', epoch: 'F' });

function verdictOf(
  threads: readonly ThreadImage[],
  {
    record = RECORD,
    openRuns = ['r'],
    repeated = [],
  }: Partial<Image & { record: readonly RecordLine[] }> = {},
) {
  return judge({ result: 'opened', threads, openRuns, repeated }, readReference(record)).verdict;
}

describe('an image', () => {
  test('with all that was acknowledged is full, with or without what was under way', () => {
    expect(verdictOf([thread([a, b0, b1]), other])).toBe('full');
    expect(verdictOf([thread([a, b0, b1, d]), other])).toBe('full');
  });

  test('that ends early, everywhere, is a prefix', () => {
    expect(verdictOf([thread([a, b0, b1])])).toBe('prefix');
    expect(verdictOf([thread([a])], { openRuns: [] })).toBe('prefix');
    expect(verdictOf([], { openRuns: [] })).toBe('prefix');
  });

  test('with something later and without something earlier is wrong', () => {
    expect(verdictOf([thread([a]), other])).toBe('wrong');
    expect(verdictOf([other])).toBe('wrong');
    expect(verdictOf([thread([a, b0, b1]), other], { openRuns: [] })).toBe('wrong');
  });

  test('with a hole, a torn append or an event at another place is wrong', () => {
    expect(verdictOf([thread([a, b0, b1], { offset: 4 }), other])).toBe('wrong');
    expect(verdictOf([thread([a, b0]), other])).toBe('wrong');
    expect(verdictOf([thread([b0, b1, a]), other])).toBe('wrong');
    expect(verdictOf([thread([a, null, b1]), other])).toBe('wrong');
  });

  test('with an event that is there twice, of another thread or unknown is wrong', () => {
    expect(verdictOf([thread([a, b0, b1, d, d]), other])).toBe('wrong');
    expect(verdictOf([thread([a, b0, b1, ['c', 0]]), other])).toBe('wrong');
    expect(verdictOf([thread([a, b0, b1, ['x', 0]]), other])).toBe('wrong');
  });

  test('of an unreported incarnation is wrong, unless an erasure was under way', () => {
    const strange = [thread([], { epoch: 'G' }), other];
    expect(verdictOf(strange)).toBe('wrong');
    expect(verdictOf(strange, { record: [...RECORD, ['delete', 't']] })).toBe('full');
  });

  test('that has lost its beginning is wrong, unless it was trimmed', () => {
    const trimmed = [thread([b0, b1], { base: 1, offset: 3 }), other];
    expect(verdictOf(trimmed)).toBe('wrong');
    const record: readonly RecordLine[] = [...RECORD, ['trim', 't']];
    expect(verdictOf(trimmed, { record })).toBe('full');
    const reported = { record: [...record, ['trimmed', 't', 1]] as const };
    expect(verdictOf(trimmed, reported)).toBe('full');
    expect(verdictOf([thread([a, b0, b1]), other], reported)).toBe('prefix');
  });

  test('of a log whose writer erased it and was killed before the report is full', () => {
    const record: readonly RecordLine[] = [
      ...RECORD,
      ['trim', 't'],
      ['trimmed', 't', 3],
      ['delete', 't'],
      ['append', 't', 'x', 1, true],
      ['appended', 'x', 'G', 1, 1],
    ];
    expect(verdictOf([thread([['x', 0]], { epoch: 'G' }), other], { record })).toBe('full');
  });

  test('of a log that was erased before its first report is full', () => {
    const record: readonly RecordLine[] = [
      ['append', 't', 'a', 1, true],
      ['delete', 't'],
      ['deleted', 't', 'G'],
      ['appended', 'a', 'E', 1, 1],
    ];
    const options = { record, openRuns: [] };
    expect(verdictOf([thread([], { epoch: 'G' })], options)).toBe('full');
    expect(verdictOf([thread([a])], options)).toBe('prefix');
  });

  test('that has forgotten a message id, or a run, is wrong', () => {
    const threads = [thread([a, b0, b1]), other];
    const again = { id: 'a', outcome: 'appended', epoch: 'E', first: 4, last: 4 };
    expect(verdictOf(threads, { repeated: [again] })).toBe('wrong');
    const known = { ...again, outcome: 'duplicate', first: 1 };
    expect(verdictOf(threads, { repeated: [known] })).toBe('full');
    expect(verdictOf(threads, { openRuns: ['r', 'x'] })).toBe('wrong');
  });
});
