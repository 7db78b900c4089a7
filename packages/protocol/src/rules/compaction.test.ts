import { expect, test } from 'vitest';
import { RUN_EVENTS } from '../names.js';
import { RangeFinder } from './compaction.js';

const encodeEvent = (event: string, data: unknown) => JSON.stringify([event, data]);

const names = { run_id: 'mine', thread_id: 't' };
const delta = (index: number, text: string, more: object = {}) =>
  encodeEvent(RUN_EVENTS.message, { type: 'message', index, delta: text, ...names, ...more });
const finished = (run_id: string) =>
  encodeEvent(RUN_EVENTS.finished, { type: 'run_finished', status: 'completed', run_id });

function rangesOf(...events: readonly string[]) {
  const finder = new RangeFinder('mine');
  events.forEach((text, index) => {
    finder.add(index + 1, text);
  });
  return finder.ranges().map(({ first, last, data }) => [first, last, data]);
}

test('merges consecutive deltas into one with the same text', () => {
  const other = encodeEvent('analysis_update', { type: 'analysis', step: 1, text: 'x', ...names });
  expect(rangesOf(other, delta(0, 'A'), delta(1, ' word,'), delta(2, ' "é"'), other)).toEqual([
    [2, 4, { type: 'message', index: 0, delta: 'A word, "é"', ...names }],
  ]);
});

test('merges nothing across another event', () => {
  const foreign = encodeEvent('message', { text: 'of another sender' });
  const another = delta(9, 'of another run', { run_id: 'other' });
  const rich = delta(9, 'with a picture', { picture: 'x' });
  for (const between of [foreign, another, rich, encodeEvent('typing', null)]) {
    const ranges = rangesOf(delta(0, 'a'), delta(1, 'b'), between, delta(2, 'c'), delta(3, 'd'));
    expect(ranges.map(([first, last]) => [first, last])).toEqual([
      [1, 2],
      [4, 5],
    ]);
  }
});

test('leaves a single delta as it is', () => {
  expect(rangesOf(delta(0, 'a'), encodeEvent('typing', null), delta(1, 'b'))).toEqual([]);
});

test('splits long text into several ranges', () => {
  const ranges = rangesOf(...Array.from({ length: 10 }, (_, n) => delta(n, 'x'.repeat(2_000))));
  expect(ranges.map(([first, last]) => [first, last])).toEqual([
    [1, 4],
    [5, 8],
    [9, 10],
  ]);
});

test('is complete at the terminal part of this run, not of another', () => {
  const finder = new RangeFinder('mine');
  finder.add(1, finished('other'));
  expect(finder.complete).toBe(false);
  finder.add(2, finished('mine'));
  expect(finder.complete).toBe(true);
});
