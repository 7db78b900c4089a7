/** examples/deploy/session-monitor.service, as systemd reads it. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Lab, test } from '../support/lab.js';
import { EXAMPLES } from './production.js';

const PROGRAM = '/opt/session-monitor/node_modules/.bin/session-monitor';
const UNIT = readFileSync(join(EXAMPLES, 'session-monitor.service'), 'utf8');

/** The output of `systemd-analyze verify` for a unit. It requires an existing program, so the unit gets Node. */
async function problems(lab: Lab, unit: string): Promise<string> {
  const file = join(await lab.folder(), 'session-monitor.service');
  expect(unit).toContain(`ExecStart=${PROGRAM} serve\n`);
  writeFileSync(file, unit.replace(PROGRAM, process.execPath));
  const { status, stdout, stderr, error } = spawnSync(
    'systemd-analyze',
    ['verify', '--man=no', '--recursive-errors=no', file],
    { encoding: 'utf8' },
  );
  if (error) throw error;
  const said = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('session-monitor'));
  return [...said, ...(status === 0 ? [] : [`exit code ${status}`])].join('\n');
}

test('the unit is sound', async (lab) => {
  expect(await problems(lab, UNIT)).toBe('');
});

test('a unit with an unknown key or an invalid value is not sound', async (lab) => {
  expect(await problems(lab, UNIT.replace('Restart=', 'Restrat='))).toMatch(/Unknown key.*Restrat/);
  expect(await problems(lab, UNIT.replace('=65536', '=many'))).toMatch(/Failed to parse/);
  expect(await problems(lab, UNIT.replaceAll('@pkey', '@no-such-set'))).toMatch(/@no-such-set/);
});
