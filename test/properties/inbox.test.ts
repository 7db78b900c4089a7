/**
 * The inbox against a known log: whatever frames of it arrive, in any order and any number of times, an app that
 * obeys the verdicts has each event once and in order (I3).
 */

import { admit, type Inbox, offsetsCovered, type ThreadEvents } from '@session-monitor/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forAll } from './for-all.js';

/** Event `n` of an epoch, identified by its content. */
const eventOf = (epoch: string, n: number) => ['e', `${epoch}.${n}`] as const;

/** A range of a log as a frame: some entries cover several offsets. */
const frames = (epoch: string, head: number): fc.Arbitrary<ThreadEvents> =>
  fc
    .record({
      offset: fc.integer({ min: 1, max: head }),
      spans: fc.array(fc.constantFrom(1, 1, 1, 2, 3), { maxLength: 5 }),
      gap: fc.option(fc.integer({ min: 1, max: 4 })),
    })
    .map(({ offset, spans, gap }) => {
      let at = offset;
      const events = spans.map((span) => {
        const [event, data] = eventOf(epoch, at);
        at += span;
        return span === 1 ? ([event, data] as const) : ([event, data, span] as const);
      });
      return {
        thread_id: 't',
        epoch,
        offset,
        cursor: `${epoch}.${at - 1}.tag`,
        events,
        ...(gap !== null &&
          offset > 1 && {
            gap: { from: Math.max(1, offset - gap), to: offset - 1, reason: 'trimmed' as const },
          }),
      };
    });

interface App {
  inbox: Inbox;
  /** Offsets that were applied or announced as gone, in order. */
  readonly passed: number[];
}

/** Handles a frame as a monitor does. */
function perform(app: App, frame: ThreadEvents): void {
  const verdict = admit(app.inbox, frame);
  if (verdict.kind !== 'deliver') return;
  const { skip, from, gap } = verdict;
  expect(skip).toBeLessThanOrEqual(frame.events.length);
  for (let n = gap?.from ?? 0; gap && n <= gap.to; n += 1) app.passed.push(n);
  const events = frame.events.slice(skip);
  for (let n = from; n < from + offsetsCovered({ events }); n += 1) app.passed.push(n);
  const offset = from - 1 + offsetsCovered({ events });
  app.inbox = { epoch: frame.epoch, offset, cursor: frame.cursor };
}

describe('an inbox', () => {
  test('passes each offset once, in order, whatever comes', () => {
    forAll(2_000, [fc.array(frames('a', 12), { maxLength: 40 })], (sent) => {
      const app: App = { inbox: { epoch: 'a', offset: 0, cursor: 'a.0.0' }, passed: [] };
      for (const frame of sent) {
        const before = app.inbox;
        perform(app, frame);
        expect(app.inbox.offset).toBeGreaterThanOrEqual(before.offset);
      }
      expect(app.passed).toEqual(app.passed.map((_, index) => index + 1));
      expect(app.inbox.offset).toBe(app.passed.length);
    });
  });

  test('a frame that it has obeyed is a duplicate, and one of another epoch is foreign', () => {
    forAll(1_000, [frames('a', 6), frames('b', 6)], (frame, foreign) => {
      const inbox = { epoch: 'a', offset: frame.offset - 1, cursor: 'c' };
      const app: App = { inbox, passed: [] };
      perform(app, frame);
      const again = admit(app.inbox, frame);
      if (frame.events.length > 0) expect(again.kind).toBe('duplicate');
      else expect(again.kind).not.toBe('hole');
      expect(admit(app.inbox, foreign)).toEqual({ kind: 'foreign' });
    });
  });

  test('reports the expected offset at a hole, and changes nothing', () => {
    forAll(2_000, [frames('a', 12), fc.nat(10)], (frame, offset) => {
      const inbox = Object.freeze({ epoch: 'a', offset, cursor: 'c' });
      const verdict = admit(inbox, Object.freeze(frame));
      if (verdict.kind !== 'hole') return;
      expect(verdict.expected).toBe(offset + 1);
      expect(verdict.got).not.toBe(verdict.expected);
    });
  });

  test('a reset is delivered from its start wherever the client was', () => {
    forAll(100, [frames('b', 6), fc.nat(20)], (frame, offset) => {
      const { gap: _, ...plain } = frame;
      const reset = { ...plain, reset: { reason: 'deleted' as const, from: frame.offset } };
      const verdict = admit({ epoch: 'a', offset, cursor: 'c' }, reset);
      expect(verdict).toMatchObject({ kind: 'deliver', skip: 0, from: frame.offset });
    });
  });
});
