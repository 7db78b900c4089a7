/** The README is short: a newcomer decides within a minute. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/root.js';

test('the README has fewer than 700 words before More, code included', () => {
  const [first = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n## More\n');
  expect(first).not.toBe('');
  const words = first.split(/\s+/).filter((word) => /\w/.test(word));
  expect(words.length).toBeLessThan(700);
});
