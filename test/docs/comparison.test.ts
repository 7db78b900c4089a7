/** docs/comparison.md: its table and its sections are about the same products, and each section names its sources. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/root.js';

const page = readFileSync(join(ROOT, 'docs', 'comparison.md'), 'utf8');
const [, ...sections] = page.split(/^## /m);
/** About ourselves, and about all of them. */
const OTHERS = ['If you only need …', 'Side by side', 'What ours does not have'];

const products = sections
  .map((section) => ({ name: section.split('\n', 1)[0] ?? '', text: section }))
  .filter(({ name }) => !OTHERS.includes(name));

test('each row of the table but ours has a section', () => {
  const rows = [...page.matchAll(/^\| \*\*(.+?)\*\*/gm)].map(([, name = '']) => name);
  const [ours, ...theirs] = rows;
  expect(ours).toBe('Session Monitor');
  expect(products.length).toBe(theirs.length);
  for (const [index, name] of theirs.entries()) expect(products[index]?.name).toContain(name);
});

test.each(products)('$name: what was done, where it is better, and the sources', ({ text }) => {
  expect(text).toMatch(/^(Tried with|Read,|Read in the sources, not tried)/m);
  expect(text).toMatch(/^\*\*Better than ours\*\* /m);
  expect(text).toMatch(/^Sources: .*https:/m);
});
