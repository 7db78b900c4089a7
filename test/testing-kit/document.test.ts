/** docs/testing.md shows what is tested, and names every command there is. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeServer } from '@session-monitor/testing';
import { expect, test } from 'vitest';
import { ROOT } from '../support/root.js';

const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const page = read('docs', 'testing.md');

test('its code is that of the example', () => {
  const folder = ['test', 'testing-kit', 'example'];
  const example = readdirSync(join(ROOT, ...folder)).map((name) => read(...folder, name));
  const blocks = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) {
    expect(
      example.some((file) => file.includes(block)),
      block,
    ).toBe(true);
  }
});

test('its table has every command', () => {
  const server = fakeServer();
  const commands = Object.getOwnPropertyNames(Object.getPrototypeOf(server));
  const missing = commands.filter(
    (command) =>
      command !== 'constructor' &&
      !page.includes(`\`server.${command}`) &&
      !page.includes(`\`${command}(`),
  );
  server.close();
  expect(missing).toEqual([]);
});
