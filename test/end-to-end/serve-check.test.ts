/** `serve --check`: says whether a server would start, and what is not safe about it; the start says the latter, too. */

import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { SERVE } from '../support/command.js';
import { type Lab, test } from '../support/lab.js';

interface Report {
  readonly starts: boolean;
  readonly findings: readonly { readonly level: string; readonly text: string }[];
}

const PRODUCTION = {
  MODE: 'production',
  AUTH_SECRET: 'a secret of at least 32 characters',
  ALLOWED_HOSTS: 'chat.example.com',
};
const AS_ROOT = process.getuid?.() === 0 ? ['unsafe'] : [];

async function check(lab: Lab, env: Record<string, string>, flags: readonly string[] = []) {
  const command = lab.command(process.execPath, [...SERVE, '--check', ...flags], { env });
  const code = await command.exitCode();
  return { code, stdout: command.stdout, stderr: command.stderr };
}

async function report(lab: Lab, env: Record<string, string>, flags: readonly string[] = []) {
  const { code, stdout } = await check(lab, env, ['--json', ...flags]);
  return { code, ...(JSON.parse(stdout) as Report) };
}

test('a configuration that would start: nothing is written, and the report says so', async (lab) => {
  const folder = await lab.folder();
  const DATA_DIR = join(folder, 'data');
  const { code, starts, findings } = await report(lab, { ...PRODUCTION, DATA_DIR, PORT: '0' });
  expect([code, starts, findings.map(({ level }) => level)]).toEqual([0, true, AS_ROOT]);
  expect(await readdir(folder)).toEqual([]);
  const development = await check(lab, { DATA_DIR, PORT: '0' });
  expect(development).toMatchObject({
    code: 0,
    stdout: 'The server would start, with no unsafe setting.\n',
    stderr: '',
  });
});

test('all that is wrong is in the report, a line each', async (lab) => {
  const { code, stdout } = await check(lab, { PORT: 'many', LOG_LEVEL: 'loud' });
  expect(code).toBe(2);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^ {2}refused {2}PORT is "many". Allowed: /),
    expect.stringMatching(/^ {2}refused {2}LOG_LEVEL is "loud". Allowed: /),
    'The server would not start.',
    '',
  ]);
});

test('what a start refuses, the check refuses', async (lab) => {
  const shared = join(await lab.folder(), 'shared');
  await mkdir(shared);
  await chmod(shared, 0o755);
  const cases: readonly (readonly [Record<string, string>, string])[] = [
    [{ AUTH_SECRET: '' }, "an 'authorize' function is required"],
    [{ ORIGINS: '*' }, "the origin '*' is refused"],
    [{ DATA_DIR: shared }, 'chmod -R go-rwx'],
    [{ HOST: '203.0.113.7' }, 'may not listen there (EADDRNOTAVAIL)'],
    [{ REDIS_URL: 'redis://127.0.0.1:1', REDIS_WAIT_MS: '0' }, 'Redis'],
    [{ RESPONDER: './no-such-module.js' }, 'RESPONDER is "./no-such-module.js"'],
  ];
  for (const [change, text] of cases) {
    const env = { ...PRODUCTION, PORT: '0', DATA_DIR: await lab.folder(), ...change };
    const { code, findings } = await report(lab, env);
    const refused = findings.filter(({ level }) => level === 'refused');
    expect([code, refused]).toEqual([
      2,
      [expect.objectContaining({ text: expect.stringContaining(text) })],
    ]);
  }
});

test('a server that runs does not keep its configuration from being checked', async (lab) => {
  const DATA_DIR = await lab.folder();
  const { url } = await lab.serve({ DATA_DIR });
  const { code, findings } = await report(lab, { DATA_DIR, PORT: new URL(url).port });
  expect([code, findings]).toMatchObject([0, [{ level: 'unknown' }]]);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

test('a start logs each unsafe setting with what mends it, and no secret', async (lab) => {
  const secret = PRODUCTION.AUTH_SECRET;
  const { server } = await lab.serve({ ...PRODUCTION, ALLOWED_HOSTS: '' }, [
    '--auth-secret',
    secret,
  ]);
  await server.says(/"setting":"ALLOWED_HOSTS"[^\n]*List its host names\./);
  await server.says(/"setting":"AUTH_SECRET"[^\n]*Set AUTH_SECRET in the environment\./);
  expect(server.stdout + server.stderr).not.toContain(secret);
});

test('--json without --check is one line, exit code 2', async (lab) => {
  const command = lab.command(process.execPath, [...SERVE, '--json']);
  expect([await command.exitCode(), command.stderr]).toEqual([2, '--json goes with --check.\n']);
});
