import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeClock } from '../../../../testing/src/fake-clock.js';
import { LineWriter } from './line.js';
import { idIn, KEYS, parseRaw } from './raw-line.js';
import { Ring } from './ring.js';

const SEGMENT = 64 * 1024;

function stage(maxBytes = 4 * SEGMENT) {
  const clock = fakeClock();
  const ring = new Ring({ maxBytes, maxAgeMs: 60_000, clock: { ...clock, after: soon } });
  const writer = new LineWriter('node-1', 0);
  const add = (thread_id: string, pad = '') =>
    ring.append(writer.write(clock.wall(), 'run_started', { thread_id, pad }));
  const seqs = async () => {
    const seen: number[] = [];
    await ring.scan((raw) => {
      const line = parseRaw(raw);
      if (line) seen.push(line.seq);
      return true;
    });
    return seen;
  };
  return { clock, ring, add, seqs };
}

/** The turns of a scan take no time. */
const soon = (_ms: number, fn: () => void) => {
  queueMicrotask(fn);
  return () => {};
};

test('it has the newest lines without a hole, newest first, and no more than its size', async () => {
  const pads = fc.array(fc.string({ maxLength: 250 }), { minLength: 1, maxLength: 4_000 });
  await fc.assert(
    fc.asyncProperty(pads, async (given) => {
      const { add, seqs } = stage(SEGMENT);
      for (const pad of given) add('t', pad);
      const kept = await seqs();
      expect(kept).toEqual(kept.map((_, index) => given.length - index));
    }),
    { numRuns: 20 },
  );
  const { add, seqs } = stage();
  for (let n = 0; n < 3_000; n += 1) add('t', 'x'.repeat(200));
  // Lines of 310 bytes. The oldest go a segment at a time.
  expect((await seqs()).length).toBeGreaterThan((3 * SEGMENT) / 320);
  expect((await seqs()).length).toBeLessThan((4 * SEGMENT) / 300);
});

test('an erased thread leaves nothing', async () => {
  const { ring, add, seqs } = stage();
  for (const thread of ['a', 'b', 'a', 'c']) add(thread);
  await ring.erase((raw) => idIn(raw, KEYS.thread_id) === 'a');
  expect(await seqs()).toEqual([4, 2]);
  expect(await ring.oldest()).toBeDefined();
});

test('lines that are too old are dropped', async () => {
  const { clock, ring, add, seqs } = stage();
  add('old');
  await clock.advance(60_001);
  expect(await seqs()).toEqual([]);
  expect(await ring.oldest()).toBeUndefined();
  add('new');
  expect(await seqs()).toEqual([2]);
  expect(await ring.oldest()).toBe(clock.wall());
});
