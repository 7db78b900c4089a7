/** docs/testing.md names every command of the fake server. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeServer } from '@session-monitor/testing';
import { expect, test } from 'vitest';
import { ROOT } from '../support/root.js';

const page = readFileSync(join(ROOT, 'docs', 'testing.md'), 'utf8');

test('the table of the testing guide has every command', () => {
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
