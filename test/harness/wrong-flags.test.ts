import { expect, test } from 'vitest';
import { runProgram } from '../support/run-script.js';

test.each([
  ['attack', '--seed', 'many'],
  ['chaos', '--minutes', 'ten'],
  ['crash-images', '--images', 'many'],
  ['herd', '--sessions', 'many'],
  ['leaks', '--cycles', 'many'],
  ['lifecycle', '--away', 'far'],
  ['redis-loss', '--rounds', '0'],
  ['rolling', '--deploys', 'many'],
  ['simulate', '--seeds', 'many'],
  ['simulate', '--seed', '1', '--from', '2'],
])(
  'a wrong flag is one line and exit code 2: %s %s %s',
  (name, ...args) => {
    const { status, stdout, stderr } = runProgram(name, ...args);
    const line = expect.stringContaining(`'npm run ${name} -- --help' lists what there is.`);
    expect([status, stdout, stderr.trim().split('\n')]).toEqual([2, '', [line]]);
  },
  60_000,
);
