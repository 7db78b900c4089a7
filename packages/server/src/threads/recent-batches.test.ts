import { describe, expect, test } from 'vitest';
import { EventBatch } from '../stores/event-batch.js';
import { BatchShelf, RecentBatches } from './recent-batches.js';

const batch = (first: number, size = 10): EventBatch =>
  EventBatch.of([JSON.stringify(['e', 'x'.repeat(size)])], {
    first,
    tag: `tag-${first}`,
    at: 0,
    precedingBytes: 0,
  });

describe('recent batches', () => {
  test('are found by offset while they follow each other', () => {
    const recent = new RecentBatches(new BatchShelf());
    const [one, two] = [batch(1), batch(2)];
    recent.add(one);
    recent.add(two);
    expect(recent.from(1)).toEqual([one, two]);
    expect(recent.from(2)).toEqual([two]);
    expect(recent.from(3)).toBeUndefined();
  });

  test('go when they no longer reach the head, and when their thread is read no more', () => {
    const shelf = new BatchShelf();
    const [recent, others] = [new RecentBatches(shelf), new RecentBatches(shelf)];
    recent.add(batch(1));
    recent.add(batch(2));
    others.add(batch(1));
    recent.add(batch(7));
    expect([recent.from(2), shelf.size]).toEqual([undefined, 2]);
    recent.clear();
    expect([recent.from(7), shelf.size]).toEqual([undefined, 1]);
    others.add(undefined);
    expect(shelf.size).toBe(0);
  });

  test('of all threads together are kept up to a size, the newest', () => {
    const shelf = new BatchShelf();
    const [old, recent] = [new RecentBatches(shelf), new RecentBatches(shelf)];
    old.add(batch(1));
    for (let first = 1; first <= 30; first += 1) recent.add(batch(first, 100_000));
    expect(old.from(1)).toBeUndefined();
    expect(recent.from(1)).toBeUndefined();
    expect(recent.from(30)?.length).toBe(1);
    expect(shelf.size).toBeLessThan(12);
  });

  test('in the middle may go, and the oldest goes first after that', () => {
    const shelf = new BatchShelf();
    const [first, middle, last] = [1, 2, 3].map(() => new RecentBatches(shelf));
    for (const each of [first, middle, last]) each?.add(batch(1, 300_000));
    middle?.clear();
    expect(shelf.size).toBe(2);
    last?.add(batch(2, 300_000));
    last?.add(batch(3, 300_000));
    expect([first?.from(1), last?.from(1)?.length, shelf.size]).toEqual([undefined, 3, 3]);
    last?.clear();
    expect(shelf.size).toBe(0);
    first?.add(batch(5));
    expect([first?.from(5)?.length, shelf.size]).toEqual([1, 1]);
  });
});
