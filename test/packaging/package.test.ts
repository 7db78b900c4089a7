/** The packages as they are published: their manifests are true. The client depends on nothing, and is small. */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect } from 'vitest';
import { TARBALLS } from '../install/tarballs.js';
import { test } from '../support/lab.js';
import { ROOT } from '../support/root.js';

const NAMES = readdirSync(join(ROOT, 'packages'));
const CLIENT = join(ROOT, 'packages', 'client');
const REPOSITORY = 'git+https://github.com/session-monitor/session-monitor.git';
const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly license?: string;
  readonly repository?: object;
  readonly engines?: object;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const { version } = manifestIn(CLIENT);

function run(command: string, args: readonly string[], cwd = ROOT) {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, npm_config_update_notifier: 'false' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', env });
  return { status, said: `${stdout}${stderr}` };
}

describe.each(NAMES)('the package in %s', (name) => {
  const folder = join(ROOT, 'packages', name);
  const manifest = manifestIn(folder);
  const tarball = join(
    TARBALLS,
    `${manifest.name.replace('@', '').replace('/', '-')}-${version}.tgz`,
  );
  const packed = () => run('tar', ['-tzf', tarball]).said.trim().split('\n');

  test('names its version, licence, repository and Node versions', () => {
    expect(manifest).toMatchObject({
      version,
      license: 'MIT',
      repository: { type: 'git', url: REPOSITORY, directory: `packages/${name}` },
      engines: { node: '^20.19.0 || >=22.12.0' },
      scripts: { prepack: 'node ../../scripts/prepack.mjs' },
    });
    expect(manifest.description?.length).toBeGreaterThan(30);
    expect(manifest.keywords).toContain('socket.io');
    const own = Object.entries(manifest.dependencies ?? {}).filter(([each]) =>
      each.includes('session-monitor'),
    );
    expect(own.filter(([, range]) => range !== version)).toEqual([]);
  });

  test('has a README, a licence, every file that it exports, and nothing else', () => {
    const files = packed();
    const exported = Object.values(manifest.exports).flatMap((each) =>
      typeof each === 'string' ? [each] : Object.values(each),
    );
    const wanted = ['package.json', 'README.md', 'LICENSE', ...exported];
    expect(wanted.filter((file) => !files.includes(join('package', file)))).toEqual([]);
    expect(
      files.filter((file) => /\.test\.|tsbuildinfo|\.map$|fixture|\/src\//.test(file)),
    ).toEqual([]);
  });

  test('passes the checks of publint, attw and npm', () => {
    expect(run(bin('publint'), ['run', '--strict', tarball])).toMatchObject({ status: 0 });
    const entry = name === 'client' ? ['--exclude-entrypoints', 'session_monitor.js'] : [];
    // A page has no types.
    if (name !== 'demo' && name !== 'dashboard') {
      const attw = run(bin('attw'), [tarball, '--profile', 'esm-only', ...entry, '--no-emoji']);
      expect(attw.status, attw.said).toBe(0);
    }
    const published = run('npm', ['publish', '--dry-run', tarball]);
    expect(published.status, published.said).toBe(0);
    expect(published.said).not.toMatch(/auto-corrected|npm error/);
  }, 120_000);
});

test('plain npm pack in a package gives the same as npm run pack', async (lab) => {
  const folder = await lab.folder();
  const packed = run('npm', ['pack', '--pack-destination', folder], CLIENT);
  expect(packed.status, packed.said).toBe(0);
  const [file = ''] = readdirSync(folder);
  const listOf = (path: string) => run('tar', ['-tzf', path]).said.split('\n').sort();
  expect(listOf(join(folder, file))).toEqual(listOf(join(TARBALLS, file)));
}, 120_000);

test('the next version of all packages comes from the changesets', async (lab) => {
  const clone = join(await lab.folder(), 'clone');
  expect(run('git', ['clone', '--quiet', '--depth', '1', `file://${ROOT}`, clone]).status).toBe(0);
  for (const each of ['packages', 'scripts', '.changeset', 'package.json', 'package-lock.json']) {
    const filter = (path: string) => !/node_modules|\/dist(\/|$)/.test(path.slice(ROOT.length));
    cpSync(join(ROOT, each), join(clone, each), { recursive: true, filter });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  const change = `---\n'@session-monitor/server': minor\n---\n\nSessions can do one thing more.\n`;
  writeFileSync(join(clone, '.changeset', 'one-more.md'), change);
  const done = run('npm', ['run', '--silent', 'version'], clone);
  expect(done.status, done.said).toBe(0);
  const [major, minor] = version.split('.').map(Number);
  const next = `${major}.${(minor ?? 0) + 1}.0`;
  const manifests = NAMES.map((name) => manifestIn(join(clone, 'packages', name)));
  expect(new Set(manifests.map((each) => each.version))).toEqual(new Set([next]));
  const ranges = manifests.flatMap(({ dependencies = {} }) =>
    Object.entries(dependencies).filter(([name]) => name.includes('session-monitor')),
  );
  expect(new Set(ranges.map(([, range]) => range))).toEqual(new Set([next]));
  const read = (path: string) => readFileSync(join(clone, path), 'utf8');
  for (const name of ['client', 'http', 'server']) {
    expect(read(`packages/${name}/src/version.ts`)).toContain(`'${next}'`);
  }
  expect(read('packages/server/CHANGELOG.md')).toContain('one thing more');
  expect(read('examples/express/package.json')).toContain(`"@session-monitor/server": "^${next}"`);
}, 120_000);

describe('the client', () => {
  test('depends on nothing', () => {
    expect(manifestIn(CLIENT).dependencies).toBeUndefined();
    const found = ['dist', 'protocol'].map((folder) =>
      run('grep', ['-rlE', `(from|import\\() ?["']@`, join(CLIENT, folder)]),
    );
    expect(found).toEqual([
      { status: 1, said: '' },
      { status: 1, said: '' },
    ]);
  });

  test('stays within its size budget', () => {
    const { status, said } = run(bin('size-limit'), []);
    expect(status, said).toBe(0);
  }, 120_000);

  test('costs a page only what it uses', async () => {
    expect(await sizeOf(`export { VERSION } from './dist/index.js'`)).toBeLessThan(100);
    const errors = await sizeOf(`export { SessionMonitorError } from './dist/index.js'`);
    expect(errors).toBeLessThan(300);
  });
});

/** Minified and compressed, without what the page has already. */
async function sizeOf(code: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: CLIENT },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['socket.io-client', 'react'],
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

test('packages export their true version', async () => {
  for (const name of ['client', 'http', 'server']) {
    const built = await import(join(ROOT, 'packages', name, 'dist', 'version.js'));
    expect((built as { VERSION: string }).VERSION, name).toBe(version);
  }
});

test('every package is packed', () => {
  expect(NAMES.length).toBe(8);
  expect(existsSync(TARBALLS)).toBe(true);
});
