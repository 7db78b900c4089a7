import { describe, expect, test } from 'vitest';
import { holds, lost, type Proof, UNTESTED, withEvent, withGap, withReset } from './proof.js';

const event = (offset: number, span = 1, epoch = 'E1') => ({ offset, span, epoch });

const after = (offsets: readonly number[], start: Proof = UNTESTED): Proof =>
  offsets.reduce((proof, offset) => withEvent(proof, event(offset)), start);

const verdict = (proof: Proof) => [lost(proof), proof.duplicated, proof.outOfOrder];

describe('the proof holds', () => {
  test('for 1, 2, 3 …', () => {
    const proof = after([1, 2, 3, 4, 5]);
    expect([verdict(proof), proof.applied, proof.offset]).toEqual([[0, 0, 0], 5, 5]);
    expect(holds(proof)).toBe(true);
  });

  test('across a gap that was announced, at the start and later', () => {
    const proof = after([11, 12], withGap(UNTESTED, { from: 1, to: 10 }));
    const later = after([21], withGap(proof, { from: 13, to: 20 }));
    expect([verdict(later), later.offset]).toEqual([[0, 0, 0], 21]);
    expect(withGap(later, { from: 3, to: 9 })).toBe(later);
  });

  test('across a reset to another log, or to an earlier offset of this one', () => {
    const other = withEvent(withReset(after([1, 2, 3]), { from: 1 }), event(1, 1, 'E2'));
    expect([verdict(other), other.offset, other.epoch]).toEqual([[0, 0, 0], 1, 'E2']);
    const earlier = after([2, 3, 4], withReset(after([1, 2, 3]), { from: 2 }));
    expect([verdict(earlier), earlier.offset]).toEqual([[0, 0, 0], 4]);
  });

  test('for an event that covers several offsets', () => {
    const proof = withEvent(withEvent(after([1, 2]), event(6, 4)), event(7));
    expect([verdict(proof), proof.applied]).toEqual([[0, 0, 0], 7]);
  });
});

describe('the proof turns red', () => {
  const fiveGone = withGap(UNTESTED, { from: 1, to: 5 });
  const broken: readonly [what: string, proof: Proof, expected: readonly number[]][] = [
    ['one event is missing', after([1, 2, 4]), [1, 0, 0]],
    ['the first ones are missing', after([3, 4]), [2, 0, 0]],
    ['several are missing in several places', after([1, 4, 5, 9]), [5, 0, 0]],
    ['one comes twice', after([1, 2, 2, 3]), [0, 1, 0]],
    ['an old one comes again', after([1, 2, 3, 1]), [0, 1, 0]],
    ['two change places', after([1, 3, 2, 4]), [0, 0, 1]],
    ['a missing one comes late, and then twice', after([1, 3, 2, 2]), [0, 1, 1]],
    ['a gap leaves something out', withGap(after([1]), { from: 4, to: 6 }), [2, 0, 0]],
    ['what was announced as gone comes', after([3], fiveGone), [0, 1, 0]],
    ['a span overlaps', withEvent(after([1, 2, 3]), event(5, 3)), [0, 1, 0]],
    ['the log changes without a reset', withEvent(after([1]), event(2, 1, 'E2')), [0, 0, 1]],
    ['a reset leaves something out', after([3], withReset(after([1]), { from: 1 })), [2, 0, 0]],
  ];
  test.each(broken)('when %s', (_what, proof, expected) => {
    expect(verdict(proof)).toEqual(expected);
    expect(holds(proof)).toBe(false);
  });

  test('and stays so: what was missing below a later reset is still missing', () => {
    const proof = withReset(after([1, 5, 9]), { from: 8 });
    expect(verdict(proof)).toEqual([5, 0, 0]);
  });
});
