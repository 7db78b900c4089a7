import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TraceLine } from './line.js';
import { type FoundLines, mergeLines } from './merge.js';

const line = (node: string, seq: number, time: number, step = 'sample'): TraceLine => ({
  time,
  seq,
  node,
  started_at: 0,
  step,
});

/** What a node answers to a question for a page. */
const found = (
  lines: readonly TraceLine[],
  {
    clockOffsetMs = 0,
    before = Number.POSITIVE_INFINITY,
    limit = 100,
    nodeLines = [] as TraceLine[],
  } = {},
): FoundLines => {
  const older = lines.filter(({ time }) => time < before + clockOffsetMs);
  return {
    clockOffsetMs,
    lines: older.slice(-limit),
    nodeLines,
    hasMore: older.length > limit,
  };
};

test('lines of several nodes are in the order of one clock, and keep their own times', () => {
  const ahead = [line('b', 1, 5_010), line('b', 2, 5_040)];
  const here = [line('a', 1, 20), line('a', 2, 30)];
  const { lines, next } = mergeLines([found(here), found(ahead, { clockOffsetMs: 5_000 })], 10);
  expect(lines.map(({ node, time }) => [node, time])).toEqual([
    ['b', 5_010],
    ['a', 20],
    ['a', 30],
    ['b', 5_040],
  ]);
  expect(next).toBeNull();
});

test('page by page every line is shown once, whatever the clocks say', () => {
  const node = fc.record({
    times: fc.array(fc.nat(60), { maxLength: 30 }).map((all) => all.sort((a, b) => a - b)),
    clockOffsetMs: fc.integer({ min: -50, max: 50 }),
  });
  fc.assert(
    fc.property(
      fc.array(node, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 4, max: 9 }),
      (nodes, limit) => {
        const kept = nodes.map(({ times, clockOffsetMs }, index) =>
          times.map((time, n) => line(`n${index}`, n, 1_000 + time + clockOffsetMs)),
        );
        const timeOf = ({ node, time }: TraceLine) =>
          time - (nodes[Number(node.slice(1))]?.clockOffsetMs ?? 0);
        const pages: TraceLine[][] = [];
        let before: number | null = Number.POSITIVE_INFINITY;
        while (before !== null) {
          const at: number = before;
          const parts = nodes.map(({ clockOffsetMs }, index) =>
            found(kept[index] ?? [], { clockOffsetMs, before: at, limit }),
          );
          const { lines, next } = mergeLines(parts, limit);
          if (new Set(lines.map(timeOf)).size > 1) expect(lines.length).toBeLessThanOrEqual(limit);
          pages.unshift([...lines]);
          before = next;
          if (pages.length > 200) throw new Error('The pages have no end');
        }
        const shown = pages.flat().map((each) => `${each.node} ${each.seq}`);
        // More lines of one millisecond than a page holds are not shown all: none is shown twice.
        expect(new Set(shown).size).toBe(shown.length);
        const most = Math.max(0, ...Object.values(countOf(kept.flat().map(timeOf))));
        if (most < limit) expect(shown.length).toBe(kept.flat().length);
      },
    ),
  );
});

const countOf = (values: readonly number[]) =>
  values.reduce<Record<number, number>>((all, value) => {
    all[value] = (all[value] ?? 0) + 1;
    return all;
  }, {});

test('what happened to a node belongs to a session that was there at the time', () => {
  const nodeLines = [
    line('a', 1, 0, 'process_started'),
    line('a', 2, 1_000_000, 'drain'),
    ...[1, 2, 3, 4, 5, 6, 7].map((n) => line('b', n, 9_000_000 + n, 'process_started')),
  ];
  const lines = [line('a', 10, 950_000), line('a', 11, 1_000_000)];
  const steps = mergeLines([found(lines, { nodeLines })], 10).lines.map(({ step }) => step);
  // The first start was long before; of what comes later, the next lines show a restart.
  expect(steps).toEqual(['sample', 'drain', 'sample', ...Array(5).fill('process_started')]);
  expect(mergeLines([found([], { nodeLines })], 10).lines).toEqual([]);
});
