import { expect, test } from 'vitest';
import { CommitPacer } from './commit-pacer.js';

function pacerAt(gapMs?: number) {
  const world = { now: 1_000, busy: 0 };
  const waits: number[] = [];
  const pacer = new CommitPacer({
    clock: { now: () => world.now },
    busy: () => world.busy,
    gapMs,
    wait: async (ms) => void waits.push(ms),
  });
  return { world, waits, pacer };
}

test('on a quiet server no commit waits', () => {
  const { pacer, waits } = pacerAt();
  for (let n = 0; n < 3; n += 1) expect(pacer.pause()).toBe(undefined);
  expect(waits).toEqual([]);
});

test('on one that is busy with many they begin 50 ms apart, however long each takes', () => {
  const { world, pacer, waits } = pacerAt();
  world.busy = 1;
  for (; world.now <= 1_098; world.now += 2) pacer.pause();
  expect(waits).toEqual([]);
  // The one before has begun at 1,098.
  pacer.pause();
  world.now = 1_150;
  pacer.pause();
  // That one has begun at 1,198.
  world.now = 1_400;
  expect(pacer.pause()).toBe(undefined);
  expect(waits).toEqual([48, 48]);
});

test('a gap that is given is kept, whatever the load', () => {
  const { world, pacer, waits } = pacerAt(10);
  pacer.pause();
  world.now += 1;
  pacer.pause();
  expect(waits).toEqual([9]);
  const never = pacerAt(0);
  never.world.busy = 1;
  for (let n = 0; n < 3; n += 1) expect(never.pacer.pause()).toBe(undefined);
});
