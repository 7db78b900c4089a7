/** The client as it is published: what it says of itself is true, it depends on nothing, and it is small. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/root.js';

const PACKAGE = join(ROOT, 'packages', 'client');
const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name);

function run(command: string, args: readonly string[]) {
  const { PATH = '', HOME = '' } = process.env;
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH, HOME },
  });
  return { status, said: `${stdout}${stderr}` };
}

/** Minified and compressed, without what a page has anyway. */
async function sizeOf(code: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: PACKAGE },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['socket.io-client', 'react'],
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

describe('the package', () => {
  const manifest = () =>
    JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
      readonly version: string;
      readonly dependencies?: object;
      readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
    };

  test('depends on nothing', () => {
    expect(manifest().dependencies).toBeUndefined();
    const { status, said } = run('grep', ['-rlE', `(from|import\\() ?["']@`, `${PACKAGE}/dist`]);
    expect([status, said]).toEqual([1, '']);
  });

  test('says its version truly', async () => {
    const { VERSION } = (await import(join(PACKAGE, 'dist/index.js'))) as { VERSION: string };
    expect(VERSION).toBe(manifest().version);
  });

  test('has every file that it exports', () => {
    const files = Object.values(manifest().exports).flatMap((each) =>
      typeof each === 'string' ? [each] : Object.values(each),
    );
    expect(files.filter((file) => !existsSync(join(PACKAGE, file)))).toEqual([]);
  });

  test('is one that publint and attw have nothing to say against', () => {
    expect(run(bin('publint'), ['run', '--strict', PACKAGE])).toMatchObject({ status: 0 });
    const ignored = ['--profile', 'esm-only', '--exclude-entrypoints', 'session_monitor.js'];
    const attw = run(bin('attw'), ['--pack', PACKAGE, ...ignored, '--no-emoji']);
    expect(attw.status, attw.said).toBe(0);
  }, 120_000);

  test('is as small as its budget says', () => {
    const { status, said } = run(bin('size-limit'), []);
    expect(status, said).toBe(0);
  }, 120_000);

  test('costs a page what it uses', async () => {
    expect(await sizeOf(`export { VERSION } from './dist/index.js'`)).toBeLessThan(100);
    const errors = await sizeOf(`export { SessionMonitorError } from './dist/index.js'`);
    expect(errors).toBeLessThan(300);
  });
});
