import { expect, test } from 'vitest';
import { RecentLog } from './recorder.js';

test('a journal keeps the newest lines, each of a bounded length', () => {
  const log = new RecentLog();
  for (let n = 0; n < 500; n += 1) log.write(n, ['line', n, '', { n }, new Error('no')]);
  expect(log.lines).toHaveLength(50);
  expect(log.lines.at(-1)).toBe('1970-01-01T00:00:00.499Z line 499 {"n":499} Error: no');
  log.write(0, ['x'.repeat(10_000)]);
  expect(log.lines.at(-1)).toHaveLength(300);
});
