import { expect, test } from 'vitest';
import { numbers } from '../testing/conformance/support.js';
import { CompactedBatch } from './compacted-batch.js';
import { EventBatch, type EventsWanted } from './event-batch.js';
import { withCompactedRanges } from './with-compacted-ranges.js';

/** Events `["5"]`, each appended by itself with its number as its tag, kept in joined batches of ten. */
const log = numbers(0, 9).map((ten) => {
  const each = numbers(ten * 10 + 1, ten * 10 + 10).map((n) =>
    EventBatch.of([`["${n}"]`], { first: n, tag: `t${n}`, at: n, precedingBytes: n }),
  );
  const [oldest, ...others] = each;
  if (!oldest) throw new Error('A batch has events');
  return EventBatch.join([oldest, ...others]);
});

const TWO_RANGES = [
  [5, 38],
  [41, 97],
] as const;

function read(ranges: readonly (readonly [first: number, last: number])[], from: number) {
  const asked: EventsWanted[] = [];
  const batches = withCompactedRanges(
    {
      compacted: ranges
        .filter(([first]) => first >= from)
        .map(
          ([first, last]) => new CompactedBatch({ first, last, event: '["whole"]' }, `t${last}`),
        ),
      eventsFrom(wanted) {
        asked.push(wanted);
        return log.filter(({ first, last }) => last >= wanted.from && first <= wanted.to);
      },
    },
    from,
    100,
    1_000_000,
  );
  return { batches, asked };
}

test('between two compacted ranges only the events between them are read', () => {
  const { batches, asked } = read(TWO_RANGES, 2);
  expect(asked.map(({ from, to }) => [from, to])).toEqual([
    [2, 4],
    [39, 40],
    [98, 100],
  ]);
  expect(batches.map(({ first, last }) => [first, last])).toEqual([
    [2, 4],
    [5, 38],
    // Cut only where a compacted range begins within it: a batch is shared otherwise.
    [31, 40],
    [41, 97],
    [91, 100],
  ]);
});

test('a batch that a compacted range cuts short keeps the text, the places and the tags of what is left', () => {
  const [part] = read([[26, 27]], 22).batches;
  expect(part?.text()).toBe('["22"],["23"],["24"],["25"]');
  expect(part?.text(23, 24)).toBe('["23"],["24"]');
  expect(numbers(22, 25).map((n) => part?.tagAt(n))).toEqual(['t22', 't23', 't24', 't25']);
});

test('two compacted ranges in one batch take one read of it', () => {
  const { asked, batches } = read(
    [
      [2, 3],
      [6, 7],
    ],
    1,
  );
  expect(asked).toHaveLength(2);
  const lasts = [1, 3, 5, 7, 10, ...numbers(2, 10).map((n) => n * 10)];
  expect(batches.map(({ last }) => last)).toEqual(lasts);
});

test('a reader inside a compacted range gets the events up to the next one', () => {
  const { batches } = read(TWO_RANGES, 6);
  const compacted = batches.filter((batch) => batch instanceof CompactedBatch);
  expect(compacted.map(({ first }) => first)).toEqual([41]);
  expect(batches[0]?.first).toBe(1);
});
