import { expect, test } from 'vitest';
import { ageOf, readThreadPage } from './thread-entry.js';

test('a page is read as far as it can be', () => {
  const last_activity = '2026-11-29T12:00:00.000Z';
  const page = readThreadPage({
    threads: [
      { thread_id: 'a', title: 'What is a cursor?', last_activity, running: true, head: 7 },
      { thread_id: 'b', title: null, last_activity: 'never' },
      { title: 'of no thread' },
      null,
    ],
    cursor: 'next',
  });
  expect(page).toEqual({
    entries: [
      {
        thread_id: 'a',
        title: 'What is a cursor?',
        lastActivity: Date.parse(last_activity),
        running: true,
      },
      { thread_id: 'b', title: 'b', lastActivity: Number.NaN, running: false },
    ],
    cursor: 'next',
  });
  for (const answer of [null, 'text', {}, { threads: 'none', cursor: 5 }]) {
    expect(readThreadPage(answer)).toEqual({ entries: [], cursor: null });
  }
});

test('an age is a word or two', () => {
  const now = Date.parse('2026-11-29T12:00:00Z');
  const ages = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 5 * 86_400];
  expect(ages.map((seconds) => ageOf(now - seconds * 1_000, now))).toEqual([
    ...['just now', 'just now', '1 min ago', '59 min ago', '1 h ago', '23 h ago', 'yesterday'],
    '5 days ago',
  ]);
  // The clocks of two machines differ.
  expect(ageOf(now + 5_000, now)).toBe('just now');
  expect(ageOf(Number.NaN, now)).toBe('');
});
