import { describe, expect, test } from 'vitest';
import { admit, type Inbox, offsetsCovered } from './inbox.js';
import type { Entry, ThreadEvents } from './messages.js';

const inbox: Inbox = { epoch: 'e1', offset: 10, cursor: 'e1.10.tag' };

/** A frame with one entry per offset from `offset` on, unless `spans` are given. */
function frame(offset: number, count: number, more: Partial<ThreadEvents> = {}): ThreadEvents {
  const events = Array.from({ length: count }, (_, index): Entry => ['e', offset + index]);
  return { thread_id: 't', epoch: 'e1', offset, cursor: 'after', events, ...more };
}

const deliver = (skip: number, from: number, more: Partial<ThreadEvents> = {}) => {
  const verdict = { kind: 'deliver', skip, from };
  return { ...verdict, ...more };
};

describe('the inbox', () => {
  test('delivers what comes next', () => {
    expect(admit(inbox, frame(11, 3))).toEqual(deliver(0, 11));
  });

  test('drops what it has, whole or in part', () => {
    expect(admit(inbox, frame(8, 3))).toEqual({ kind: 'duplicate', events: 3 });
    expect(admit(inbox, frame(1, 2))).toEqual({ kind: 'duplicate', events: 2 });
    expect(admit(inbox, frame(9, 4))).toEqual(deliver(2, 11));
  });

  test('asks when something is missing', () => {
    expect(admit(inbox, frame(12, 1))).toEqual({ kind: 'hole', expected: 11, got: 12 });
    expect(admit(inbox, frame(12, 0))).toEqual({ kind: 'hole', expected: 11, got: 12 });
  });

  test('takes an empty frame at its place for a duplicate', () => {
    expect(admit(inbox, frame(11, 0))).toEqual({ kind: 'duplicate', events: 0 });
  });

  test('drops a frame of another epoch that is no reset', () => {
    expect(admit(inbox, frame(11, 1, { epoch: 'e2' }))).toEqual({ kind: 'foreign' });
  });

  test('passes a gap that begins where it stands', () => {
    const gap = { from: 11, to: 20, reason: 'trimmed' } as const;
    expect(admit(inbox, frame(21, 2, { gap }))).toEqual(deliver(0, 21, { gap }));
    expect(admit(inbox, frame(21, 0, { gap }))).toEqual(deliver(0, 21, { gap }));
  });

  test('passes only the part of a gap that is new to it', () => {
    const gap = { from: 5, to: 20, reason: 'trimmed' } as const;
    expect(admit(inbox, frame(21, 1, { gap }))).toMatchObject({ gap: { from: 11, to: 20 } });
    expect(admit(inbox, frame(11, 1, { gap: { ...gap, to: 10 } }))).toEqual(deliver(0, 11));
  });

  test('asks when a gap begins beyond what it has', () => {
    const gap = { from: 12, to: 20, reason: 'trimmed' } as const;
    expect(admit(inbox, frame(21, 1, { gap }))).toMatchObject({ kind: 'hole' });
  });

  test('starts over at a reset, of whatever epoch', () => {
    const reset = { reason: 'deleted', from: 1 } as const;
    expect(admit(inbox, frame(1, 2, { epoch: 'e2', reset }))).toEqual(deliver(0, 1, { reset }));
    expect(admit(inbox, frame(1, 0, { reset }))).toMatchObject({ kind: 'deliver', from: 1 });
  });

  test('does not believe a reset whose frame begins elsewhere', () => {
    const reset = { reason: 'deleted', from: 1 } as const;
    expect(admit(inbox, frame(5, 1, { reset }))).toMatchObject({ kind: 'hole' });
  });

  test('counts what an entry with a span covers', () => {
    const events: Entry[] = [
      ['a', 1],
      ['b', 2, 10],
      ['c', 3],
    ];
    expect(offsetsCovered({ events })).toBe(12);
    expect(admit(inbox, { ...frame(11, 0), events })).toEqual(deliver(0, 11));
    // Offsets 10 and 11..20 and 21: the first is applied.
    expect(admit(inbox, { ...frame(10, 0), events })).toEqual(deliver(1, 11));
  });

  test('cannot apply the rest of an entry that covers what it has', () => {
    const events: Entry[] = [['b', 2, 10]];
    expect(admit(inbox, { ...frame(8, 0), events })).toMatchObject({ kind: 'hole' });
  });
});
