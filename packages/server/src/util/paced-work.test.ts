import { expect, test } from 'vitest';
import { ManualClock } from './manual-clock.fixture.js';
import { PacedWork, type Steps } from './paced-work.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Work of so many steps, each of a tenth of a millisecond. */
function* work(clock: ManualClock, steps: number): Steps<string> {
  for (let step = 0; step < steps; step += 1) {
    clock.spend(0.1);
    yield;
  }
  return 'done';
}

/** Lets the work go on until it is over. Returns how long it worked at a time, and how long it rested. */
async function watch(clock: ManualClock, running: Promise<unknown>) {
  const parts: number[] = [];
  const rests: number[] = [];
  let isOver = false;
  void running.finally(() => {
    isOver = true;
  });
  for (let before = clock.now(); ; ) {
    await settled();
    parts.push(clock.now() - before);
    if (isOver) return { parts, rests };
    let rested = 0;
    for (; clock.pending > 0; rested += 1) clock.pass(1);
    rests.push(rested);
    before = clock.now();
  }
}

test('work rests so that it takes its share of the time', async () => {
  const clock = new ManualClock();
  const before = clock.now();
  const running = new PacedWork(clock).run(work(clock, 160), 0.05);
  const first = clock.now() - before;
  const { parts, rests } = await watch(clock, running);
  expect(await running).toBe('done');
  expect(Math.max(first, ...parts)).toBeLessThan(2);
  for (const rest of rests) expect(rest).toBe(31);
});

test('work that something waits for rests for a turn', async () => {
  const clock = new ManualClock();
  const running = new PacedWork(clock).run(work(clock, 160), 1);
  const { rests } = await watch(clock, running);
  expect(rests.length).toBeGreaterThan(5);
  expect(Math.max(...rests)).toBe(1);
});

test('work that is stopped ends at its next rest', async () => {
  const clock = new ManualClock();
  const paced = new PacedWork(clock);
  const running = paced.run(work(clock, 1_000), 0.05);
  paced.stop();
  const { parts } = await watch(clock, running);
  expect([await running, parts.length]).toEqual([undefined, 2]);
});
