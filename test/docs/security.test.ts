/** docs/security.md: its table has every limit with its default. */

import { DEFAULT_LIMITS } from '@session-monitor/server';
import { expect, test } from 'vitest';
import { SCENARIOS } from '../attack/scenarios/index.js';
import { textOf } from './support/pages.js';

const ROW = /^\| `(\w+)` \| `([A-Z_]+)` \| (\d+) \|/gm;

test('the table has each limit, its variable and its default', () => {
  const rows = [...textOf('docs/security.md').matchAll(ROW)];
  const defaults = Object.fromEntries(rows.map(([, name, , value]) => [name, Number(value)]));
  expect(defaults).toEqual(DEFAULT_LIMITS);
  const configuration = textOf('docs/configuration.md');
  for (const [, , variable, value] of rows) {
    expect(configuration).toMatch(
      new RegExp(`^\\| \`${variable}\` \\|.*\\| \`${value}\` \\|$`, 'm'),
    );
  }
});

test('the table of the attack has each scenario with its finding', () => {
  const [, measured = ''] = textOf('docs/security.md').split('### The attack, measured');
  const rows = [...measured.matchAll(/^\| (\w+) \| `([\w-]+)` \|/gm)];
  expect(rows.map(([, finding, name]) => `${finding} ${name}`)).toEqual(
    SCENARIOS.map(({ finding, name }) => `${finding} ${name}`),
  );
});
