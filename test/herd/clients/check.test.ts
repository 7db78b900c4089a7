import { expect, test } from 'vitest';
import { Sequence } from './sequence.js';

function sequenceOf(...numbers: readonly number[]): Sequence {
  const sequence = new Sequence();
  for (const n of numbers) sequence.see(n);
  return sequence;
}

test('events that come once and in order are right', () => {
  const sequence = sequenceOf(1, 2, 3);
  expect(sequence).toMatchObject({ received: 3, repeated: 0, outOfOrder: 0 });
  expect(sequence.lostOf(3)).toBe(0);
});

test('an event that was not acknowledged may come or not', () => {
  expect(sequenceOf(1, 2).lostOf(1)).toBe(0);
  expect(sequenceOf(1).lostOf(1)).toBe(0);
});

test('an event that was acknowledged and does not come is lost', () => {
  expect(sequenceOf(1, 4).lostOf(4)).toBe(2);
  expect(sequenceOf(1).lostOf(3)).toBe(2);
  expect(sequenceOf().lostOf(1)).toBe(1);
});

test('an event that comes again is repeated', () => {
  expect(sequenceOf(1, 2, 2, 1)).toMatchObject({ repeated: 2, outOfOrder: 0 });
});

test('an event that comes late is out of order, not lost', () => {
  const sequence = sequenceOf(1, 3, 2);
  expect(sequence).toMatchObject({ repeated: 0, outOfOrder: 1 });
  expect(sequence.lostOf(3)).toBe(0);
});
