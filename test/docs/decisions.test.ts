/** docs/decisions/README.md lists every decision, with its title and whether it is in force. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/root.js';
import { textOf } from './support/pages.js';

const FOLDER = 'docs/decisions';
const files = readdirSync(join(ROOT, FOLDER)).filter((file) => /^\d{4}-/.test(file));

test('the index has each decision once, in order, with its title', () => {
  expect(files.length).toBeGreaterThan(50);
  const rows = [
    ...textOf(`${FOLDER}/README.md`).matchAll(/^\| (\d+) \| \[(.+)\]\((.+)\) \| (.+) \|$/gm),
  ];
  const listed = rows.map(([, number, title, file]) => [Number(number), title, file]);
  const wanted = files.map((file) => {
    const [, title] = /^# (.+)$/m.exec(textOf(`${FOLDER}/${file}`)) ?? [];
    return [Number(file.slice(0, 4)), title, file];
  });
  expect(listed).toEqual(wanted);
  const statuses = rows.map(([, , , , status = '']) => status);
  expect(statuses.filter((status) => !/^(in force|replaced by \[\d+\])/.test(status))).toEqual([]);
});

test('each number is that of one decision', () => {
  const numbers = files.map((file) => file.slice(0, 4));
  expect(new Set(numbers).size).toBe(numbers.length);
});
