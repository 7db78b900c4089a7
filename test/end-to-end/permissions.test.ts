/** The data directory belongs to one user: how it is created, and what a start makes of one that others can use. */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { describe, expect } from 'vitest';
import { COMMAND, SERVE } from '../support/command.js';
import { type Lab, test } from '../support/lab.js';

const FILES = ['data.mdb', 'lock.mdb', 'session-monitor.json'];

/** The modes of a directory, as `.`, and of its files. */
function modesIn(path: string): Readonly<Record<string, string>> {
  const names = ['.', ...readdirSync(path).sort()];
  const modeOf = (name: string) => (statSync(join(path, name)).mode & 0o777).toString(8);
  return Object.fromEntries(names.map((name) => [name, modeOf(name)]));
}

const PRIVATE = { '.': '700', ...Object.fromEntries(FILES.map((name) => [name, '600'])) };

/** A data directory as earlier versions left it. */
async function openDirectory(lab: Lab, name = 'data'): Promise<string> {
  const path = join(await lab.folder(), name);
  await (await openLmdbStore({ path })).close();
  chmodSync(path, 0o755);
  for (const file of readdirSync(path)) chmodSync(join(path, file), 0o644);
  return path;
}

async function production(lab: Lab): Promise<Record<string, string>> {
  const AUTHORIZE = join(await lab.folder(), 'authorize.mjs');
  writeFileSync(AUTHORIZE, 'export default () => true;\n');
  return { MODE: 'production', AUTHORIZE };
}

async function refusalOf(lab: Lab, DATA_DIR: string): Promise<string> {
  const before = modesIn(DATA_DIR);
  const env = { PORT: '0', DATA_DIR, ...(await production(lab)) };
  const server = lab.command(process.execPath, SERVE, { env });
  expect(await server.exitCode()).toBe(1);
  expect(server.stderr).toMatch(/^Cannot use the data directory [^\n]*\n$/);
  expect(modesIn(DATA_DIR)).toEqual(before);
  return server.stderr.trimEnd();
}

describe('a new data directory', () => {
  test('is for its owner alone, whatever the umask is, and so is a backup', async (lab) => {
    const folder = await lab.folder();
    const path = join(folder, 'srv', 'data');
    const command = `umask 000; exec "${process.execPath}" "${COMMAND}"`;
    const env = { PORT: '0', DATA_DIR: path };
    const server = lab.command('/bin/sh', ['-c', `${command} serve`], { env });
    await server.says(/Session Monitor\s+http:/);
    // The session trace may not have written anything yet.
    expect(modesIn(path)).toMatchObject(PRIVATE);
    const target = join(folder, 'backup');
    const backup = lab.command('/bin/sh', ['-c', `${command} backup "${target}"`], { env });
    expect(await backup.exitCode()).toBe(0);
    expect(modesIn(target)).toEqual({
      '.': '700',
      'data.mdb': '600',
      'session-monitor.json': '600',
    });
    expect(await server.signal('SIGTERM')).toBe(0);
    expect(modesIn(path)).toEqual({ ...PRIVATE, trace: '700' });
    expect(Object.values(modesIn(join(path, 'trace')))).toEqual(['700', '600']);
  });

  test('may be one that the operator has created and closed', async (lab) => {
    const path = join(await lab.folder(), 'data');
    mkdirSync(path, { mode: 0o700 });
    const { server } = await lab.serve({ DATA_DIR: path, ...(await production(lab)) });
    expect(await server.signal('SIGTERM')).toBe(0);
  });
});

describe('a data directory that other users can read', () => {
  test('is refused in production, with the command that changes it', async (lab) => {
    const path = await openDirectory(lab, "ada's data");
    const named = ['', ...FILES.map((name) => `/${name}`)].map(
      (name) => `${path}${name} has mode ${name === '' ? '0755' : '0644'}`,
    );
    const refusal = await refusalOf(lab, path);
    expect(refusal).toContain(`other users can read or write it: ${named.join(', ')}. Run as`);
    const [, command = ''] = /Run as its owner: (.+)$/.exec(refusal) ?? [];
    execFileSync('/bin/sh', ['-c', command]);
    expect(modesIn(path)).toEqual(PRIVATE);
    const { server } = await lab.serve({ DATA_DIR: path, ...(await production(lab)) });
    expect(await server.signal('SIGTERM')).toBe(0);
  });

  test('is refused for one file, too, and on an address that others can reach', async (lab) => {
    const path = await openDirectory(lab);
    execFileSync('chmod', ['-R', 'go-rwx', path]);
    chmodSync(join(path, 'data.mdb'), 0o640);
    expect(await refusalOf(lab, path)).toContain(
      `it: ${join(path, 'data.mdb')} has mode 0640. Run`,
    );
    const env = { PORT: '0', DATA_DIR: path, HOST: '0.0.0.0', ...(await production(lab)) };
    const server = lab.command(process.execPath, SERVE, { env: { ...env, MODE: 'development' } });
    expect(await server.exitCode()).toBe(1);
  });

  test('is a warning in development, once', async (lab) => {
    const path = await openDirectory(lab);
    const { server } = await lab.serve({ DATA_DIR: path });
    expect(await server.signal('SIGTERM')).toBe(0);
    const lines = server.stdout.split('\n').filter((line) => line.startsWith('{'));
    const warnings = lines
      .map((line) => JSON.parse(line))
      .filter(({ code }) => code === 'ERR_STORE_PERMISSIONS');
    expect(warnings).toEqual([
      expect.objectContaining({ level: 40, msg: expect.stringContaining('chmod -R go-rwx') }),
    ]);
  });

  test('is up to a program that opens it', async (lab) => {
    const path = await openDirectory(lab);
    const code = 'ERR_STORE_PERMISSIONS';
    await expect(openLmdbStore({ path, permissions: 'refuse' })).rejects.toMatchObject({ code });
    const warnings: unknown[] = [];
    const logger: Pick<Logger, 'warn'> = { warn: (fields) => warnings.push(fields) };
    await (await openLmdbStore({ path, logger })).close();
    expect(warnings).toEqual([{ code }]);
  });
});
