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

test('on a busy one they begin 50 ms apart, however long each takes', () => {
  const { world, pacer, waits } = pacerAt();
  world.busy = 1;
  pacer.pause();
  world.now = 1_002;
  pacer.pause();
  // It has begun at 1,050.
  world.now = 1_056;
  pacer.pause();
  world.now = 1_300;
  expect(pacer.pause()).toBe(undefined);
  expect(waits).toEqual([48, 44]);
});

test('the load is looked at every 100 ms, and the gap goes with it', () => {
  const { world, pacer, waits } = pacerAt();
  world.busy = 1;
  pacer.pause();
  world.busy = 0;
  world.now += 99;
  pacer.pause();
  world.now += 1;
  expect(pacer.pause()).toBe(undefined);
  expect(waits).toEqual([]);
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
