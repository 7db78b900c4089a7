import { expect, test } from 'vitest';
import { ManualClock } from '../../util/manual-clock.fixture.js';
import { lookUpEach, walk } from './record-walk.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));
const names = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(4, '0'));

/** Gives turns until work is over. Resolves with what it resolves with, and how much each turn did. */
async function byTurns<T>(clock: ManualClock, work: Promise<T>, count: () => number) {
  const turns: number[] = [];
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  for (let before = 0; !isOver; ) {
    await settled();
    turns.push(count() - before);
    before = count();
    clock.pass(0);
  }
  return { result: await over, turns };
}

async function allOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const each of items) all.push(each);
  return all;
}

test('a walk over many records reads a bounded number of them in a turn', async () => {
  const clock = new ManualClock();
  let read = 0;
  const list = async (after: string, limit: number) => {
    const part = names.filter((name) => name > after).slice(0, limit);
    read += part.length;
    return part;
  };
  const records = allOf(walk({ list, idOf: (name) => name, clock, after: '0009' }));
  const { result, turns } = await byTurns(clock, records, () => read);
  expect(result).toEqual(names.slice(10));
  expect(Math.max(...turns)).toBe(100);
});

test('look-ups of many things are spread over turns, and come in order', async () => {
  const clock = new ManualClock();
  let asked = 0;
  const lookUp = async (name: string) => {
    asked += 1;
    return `found ${name}`;
  };
  const { result, turns } = await byTurns(clock, lookUpEach(names, clock, lookUp), () => asked);
  expect(result).toEqual(names.map((name) => `found ${name}`));
  expect(Math.max(...turns)).toBe(50);
});
