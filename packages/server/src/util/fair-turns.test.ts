import { beforeEach, describe, expect, test } from 'vitest';
import { FairTurns } from './fair-turns.js';
import { ManualClock } from './manual-clock.fixture.js';

describe('a share of the time of the event loop', () => {
  let clock: ManualClock;
  let done: string[];
  let turns: FairTurns;

  /** Work that takes a millisecond. */
  const ask = (key: string, name: string) =>
    turns.run(
      key,
      () => {
        clock.spend(1);
        done.push(name);
      },
      0,
    );

  beforeEach(() => {
    clock = new ManualClock();
    done = [];
    turns = new FairTurns(clock, { share: 0.6, atOnceMs: 3 });
  });

  test('is used at once while it lasts, without a timer', () => {
    for (const name of ['1', '2', '3']) ask('a', name);
    expect([done, clock.pending]).toEqual([['1', '2', '3'], 0]);
  });

  test('is not exceeded: the rest waits', () => {
    for (let n = 1; n <= 100; n += 1) ask('a', `${n}`);
    expect(done.length).toBeLessThanOrEqual(8);
    const began = clock.now();
    while (clock.pending > 0) clock.pass(1);
    expect(done).toHaveLength(100);
    const share = 100 / (clock.now() - began);
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.65);
  });

  test('is a few milliseconds at once', () => {
    for (let n = 1; n <= 100; n += 1) ask('a', `${n}`);
    let most = 0;
    while (clock.pending > 0) {
      const before = done.length;
      // However long the loop was busy with something else.
      clock.pass(500);
      most = Math.max(most, done.length - before);
    }
    expect(most).toBeLessThanOrEqual(8);
  });

  test('goes to one key after the other, and in order to each', () => {
    for (let n = 1; n <= 50; n += 1) ask('flood', `flood ${n}`);
    const before = done.length;
    ask('user', 'user 1');
    ask('user', 'user 2');
    while (clock.pending > 0) clock.pass(1);
    const later = done.slice(before);
    expect(later.indexOf('user 1')).toBeLessThanOrEqual(1);
    expect(later.indexOf('user 2')).toBeLessThanOrEqual(3);
    const flood = done.filter((name) => name.startsWith('flood'));
    expect(flood).toEqual(Array.from({ length: 50 }, (_, index) => `flood ${index + 1}`));
  });

  test('is used up by what work costs at least', () => {
    for (let n = 1; n <= 100; n += 1) turns.run('a', () => done.push(`${n}`), 1);
    expect(done.length).toBeLessThanOrEqual(4);
    while (clock.pending > 0) clock.pass(1);
    expect(done).toHaveLength(100);
  });

  test('goes on when a piece of work throws', () => {
    for (let n = 1; n <= 20; n += 1) ask('a', `${n}`);
    const fail = () => {
      throw new Error('as asked');
    };
    turns.run('b', fail, 0);
    const passed: unknown[] = [];
    while (clock.pending > 0) {
      try {
        clock.pass(1);
      } catch (error) {
        passed.push(error);
      }
    }
    expect([done.length, passed.length]).toEqual([20, 1]);
  });

  test('is not kept to at a stop: all that waits is done', () => {
    for (let n = 1; n <= 100; n += 1) ask('a', `${n}`);
    turns.stop();
    expect([done.length, clock.pending]).toEqual([100, 0]);
  });
});
