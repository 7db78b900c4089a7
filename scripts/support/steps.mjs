/**
 * Prepares what every program of the project needs: a Node that is new enough, the dependencies, the build.
 * Each step runs once, and again only when its inputs change. Plain Node, no dependency: this runs straight
 * after cloning.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The published packages, each in the folder of its name. */
export const PACKAGES = readdirSync(join(ROOT, 'packages'));

const MIN_NODE = [20, 19];

/** Ends the process with one line if Node is too old. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  fail(`Node ${process.versions.node} is too old: ${MIN_NODE.join('.')} or newer is needed.`);
}

/** Installs the locked dependencies of a project if they are missing or not those of its lockfile. */
export function install(folder = ROOT) {
  const stamp = join(folder, 'node_modules', '.installed');
  const wanted = hash([join(folder, 'package-lock.json')]);
  if (read(stamp) === wanted) return;
  say('Installing dependencies …');
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
  writeFileSync(stamp, wanted);
}

/** Builds all packages if a source has changed since they were built. */
export function build() {
  const stamp = join(ROOT, '.cache', 'built');
  const wanted = hash(sources());
  if (read(stamp) === wanted && existsSync(join(ROOT, 'packages/session-monitor/dist/cli/main.js')))
    return;
  say('Building …');
  run(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/**
 * Runs npm: by its script if npm has started this process. On Windows the name `npm` is a script of cmd.exe, which
 * only a shell starts.
 */
export function npm(args, options = {}) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('npm-cli.js')) run(process.execPath, [script, ...args], options);
  else run('npm', args, { shell: process.platform === 'win32', ...options });
}

/** Runs the TypeScript compiler. Its file in `.bin` is a shell script on Windows. */
export function tsc(...args) {
  run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), ...args]);
}

/** Runs a command in the project's folder; ends the process if it fails. */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    ...options,
  });
  if (status === 0) return;
  const why = error?.message ?? (signal ? `ended by ${signal}` : `exit code ${status}`);
  fail(`'${[command, ...args].join(' ')}' failed: ${why}`);
}

export function say(text) {
  process.stdout.write(`${text}\n`);
}

export function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

/** Every file that the build depends on. */
function sources() {
  const configs = [
    ...['package-lock.json', 'tsconfig.base.json', 'tsconfig.json'],
    ...['scripts/build.mjs', 'scripts/support/inline-protocol.mjs'],
  ];
  const packages = PACKAGES.flatMap((name) => {
    const folder = join(ROOT, 'packages', name);
    return [
      join(folder, 'package.json'),
      join(folder, 'tsconfig.json'),
      ...[join(folder, 'index.html')].filter(existsSync),
      ...files(join(folder, 'src')),
    ];
  });
  return [...configs.map((name) => join(ROOT, name)), ...packages];
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? files(path) : [path];
    })
    .filter((path) => !path.endsWith('.test.ts'));
}

function hash(paths) {
  const digest = createHash('sha256').update(process.version);
  for (const path of [...paths].sort()) {
    digest.update(relative(ROOT, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  return digest.digest('hex');
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
