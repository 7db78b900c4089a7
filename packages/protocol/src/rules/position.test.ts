import { describe, expect, test } from 'vitest';
import { beginSince, continueAt, type LogBounds } from './position.js';

const log: LogBounds = {
  epoch: 'e2',
  offset: 100,
  tag: 'head-tag',
  base: 20,
  baseTag: 'base-tag',
  previous: { epoch: 'e1', reason: 'deleted' },
};
const fromStart = {
  epoch: 'e2',
  after: 20,
  cursor: 'e2.20.base-tag',
  gap: { from: 1, to: 20, reason: 'trimmed' },
};

const after = (offset: number, tag: string) => ({
  epoch: 'e2',
  after: offset,
  cursor: `e2.${offset}.${tag}`,
});

describe('a cursor', () => {
  const at = (offset: number, tag: string, epoch = 'e2') => ({ epoch, offset, tag });

  test('with the right tag is continued, up to the head', () => {
    expect(continueAt(at(50, 'tag'), log, 'tag')).toEqual(after(50, 'tag'));
    expect(continueAt(at(100, 'head-tag'), log, 'head-tag')).toMatchObject({ after: 100 });
    expect(continueAt(at(20, 'base-tag'), log, 'base-tag')).toEqual(after(20, 'base-tag'));
  });

  test('before the base is continued behind a gap', () => {
    const gap = { from: 6, to: 20, reason: 'trimmed' };
    expect(continueAt(at(5, 'gone'), log, undefined)).toEqual({ ...fromStart, gap });
  });

  test('with another tag is refused: the log lost its tail and grew again', () => {
    expect(continueAt(at(50, 'other'), log, 'tag')).toEqual({ ...fromStart, reset: 'diverged' });
    expect(continueAt(at(20, 'other'), log, 'base-tag')).toMatchObject({ reset: 'diverged' });
  });

  test('past the head is refused: the log lost its tail', () => {
    const reset = 'cursor_ahead';
    expect(continueAt(at(101, 'tag'), log, undefined)).toEqual({ ...fromStart, reset });
  });

  test('of another epoch is refused with what is known of that one', () => {
    expect(continueAt(at(5, 't', 'e1'), log, undefined)).toMatchObject({ reset: 'deleted' });
    expect(continueAt(at(5, 't', 'e0'), log, undefined)).toMatchObject({ reset: 'epoch_changed' });
  });
});

describe('without a cursor', () => {
  test("'start' is the first event that is kept, and says what is not", () => {
    expect(beginSince('start', log)).toEqual(fromStart);
    expect(beginSince('start', { ...log, base: 0, baseTag: '0' })).toEqual(after(0, '0'));
  });

  test("'now' is the head", () => {
    expect(beginSince('now', log)).toEqual(after(100, 'head-tag'));
  });

  test('repeats a reset or gap whose receipt may have been lost', () => {
    const began = { epoch: 'e2', offset: 20, tag: 'base-tag' };
    // By now the log has grown past the offset; it is not the one that the reader has read.
    expect(beginSince(60, log, 'tag', began)).toEqual({ ...fromStart, reset: 'cursor_ahead' });
    expect(beginSince(60, log, 'tag', { ...began, offset: 60 })).toMatchObject({ after: 60 });
    // A gap is repeated, too.
    expect(beginSince(5, log, undefined, began).gap).toMatchObject({ from: 6, to: 20 });
    expect(beginSince('start', log, undefined, began).gap).toMatchObject({ from: 1, to: 20 });
  });

  test('a bare offset is bounded by what there is', () => {
    expect(beginSince(60, log, 'tag')).toEqual(after(60, 'tag'));
    expect(beginSince(0, log)).toEqual(fromStart);
    expect(beginSince(101, log)).toEqual({ ...fromStart, reset: 'cursor_ahead' });
  });
});
