import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../util/manual-clock.fixture.js';
import { CatchUpTurns } from './catch-up-turns.js';

describe('turns of readers that catch up', () => {
  let clock: ManualClock;
  let spent: number[];
  let taken: string[];
  let ends: (() => void)[];

  const turnsOf = (budgetMs: number) =>
    new CatchUpTurns({ clock, budgetMs, onSpent: (waiting) => spent.push(waiting) });

  const taker = (name: string) => ({
    takeTurn(done: () => void) {
      taken.push(name);
      ends.push(done);
    },
  });

  beforeEach(() => {
    clock = new ManualClock();
    spent = [];
    taken = [];
    ends = [];
  });

  test('are given at once while the budget lasts', () => {
    const turns = turnsOf(5);
    for (let n = 0; n < 4; n += 1) {
      const end = turns.ask(taker('one'), true);
      expect(end).toBeDefined();
      clock.pass(1);
      end?.();
    }
    expect([turns.waiting, spent, clock.pending]).toEqual([0, [], 0]);
  });

  test('are followed by a rest as long as they took, then given in line', () => {
    const turns = turnsOf(5);
    const end = turns.ask(taker('first'), true);
    clock.pass(6);
    expect(turns.ask(taker('second'), true)).toBeUndefined();
    end?.();
    expect([taken, turns.waiting]).toEqual([[], 1]);
    clock.pass(5);
    expect(taken).toEqual([]);
    clock.pass(1);
    expect([taken, spent]).toEqual([['second'], [1]]);
  });

  test('are four at a time at most', () => {
    const turns = turnsOf(5);
    const under = ['a', 'b', 'c', 'd'].map((name) => turns.ask(taker(name), true));
    expect(turns.ask(taker('e'), true)).toBeUndefined();
    under[1]?.();
    under[1]?.();
    expect(taken).toEqual(['e']);
  });

  test('go to those that have had few and those that have had many alternately', () => {
    const turns = turnsOf(0);
    const end = turns.ask(taker('first'), true);
    for (const name of ['much 1', 'much 2', 'much 3']) turns.ask(taker(name), false);
    for (const name of ['little 1', 'little 2']) turns.ask(taker(name), true);
    end?.();
    for (let n = 0; n < 5; n += 1) {
      clock.pass(1);
      ends.pop()?.();
    }
    expect(taken).toEqual(['little 1', 'much 1', 'little 2', 'much 2', 'much 3']);
  });

  test('do not count the time in which none was under way', () => {
    const turns = turnsOf(5);
    turns.ask(taker('one'), true)?.();
    clock.pass(60_000);
    expect(turns.ask(taker('one'), true)).toBeDefined();
    expect(clock.pending).toBe(0);
  });

  test('end with the work that is done in them, also if it fails', async () => {
    const turns = turnsOf(0);
    expect(await turns.run(async () => 'done')).toBe('done');
    const failing = turns.run(() => Promise.reject(new Error('disk')));
    clock.pass(1);
    await expect(failing).rejects.toThrow('disk');
    const last = turns.run(async () => 'last');
    clock.pass(1);
    expect(await last).toBe('last');
  });

  test('end when they are stopped', () => {
    const turns = turnsOf(0);
    turns.ask(taker('one'), true);
    turns.ask(taker('two'), true);
    turns.stop();
    expect(clock.pending).toBe(0);
  });
});
