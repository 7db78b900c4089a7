/** The npm commands of pages: their scripts exist in the folder where they run, and their packages are known. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/root.js';
import type { PageCommand } from './commands.js';
import { checkFlags, checkNames, checkServe } from './product.js';

interface Manifest {
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const manifestIn = (folder: string): Manifest => JSON.parse(read(join(folder, 'package.json')));

const SCRIPTS = ['start', 'test'];
/** A flag in the table of a program of the harness. */
const FLAG = /^ +'?(?<name>[a-z-]+)'?: \{\s*kind: /gm;
/** Where the program of a script is, if not in the folder of its name. */
const FOLDERS: Readonly<Record<string, string>> = { simulate: 'simulation' };
const ALWAYS = ['ci', 'init', 'pack'];

export function checkNpm(command: PageCommand, all: readonly string[]): string | undefined {
  const at = all.findIndex((word) => word === '--workspace' || word === '-w');
  const [folder, words] =
    at === -1 ? [command.folder, all] : [all[at + 1] ?? '', all.toSpliced(at, 2)];
  const [verb = '', ...rest] = words;
  if (verb === 'install') return checkPackages(rest.filter((word) => !word.startsWith('-')));
  if (ALWAYS.includes(verb)) return undefined;
  const [name = '', ...flags] = verb === 'run' ? rest : words;
  if (verb !== 'run' && !SCRIPTS.includes(verb)) {
    return `has 'npm ${verb}', which the test does not know: add it to test/docs/check/npm.ts`;
  }
  // The scripts of the reader's own project cannot be checked.
  return folder === undefined ? undefined : checkScript(command, folder, name, flags);
}

function checkScript(
  command: PageCommand,
  folder: string,
  name: string,
  flags: readonly string[],
): string | undefined {
  const script = manifestIn(folder).scripts?.[name];
  if (script === undefined) return `runs '${name}', a script that ${folder} does not have`;
  if (folder === '.' && name === 'start') return checkServe(command, flags);
  const files = [
    ...script.split(' ').map((word) => join(folder, word)),
    ...filesIn(folder === '.' ? join('test', FOLDERS[name] ?? name) : folder),
  ];
  const sources = files.filter((path) => /\.m?[jt]s$/.test(path) && existsSync(join(ROOT, path)));
  const text = sources.map(read).join('\n').replace(FLAG, '--$<name> $&');
  return checkNames(Object.keys(command.env), text) ?? checkFlags(flags, text);
}

const filesIn = (folder: string): readonly string[] =>
  existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder)).map((name) => join(folder, name))
    : [];

/** Packages of this project, those that it depends on, and those that its pages are about. */
export function checkPackages(names: readonly string[]): string | undefined {
  const unknown = names
    .map((name) => name.replace(/(?<=.)@.*$/, ''))
    .find((name) => !knownPackages().has(name));
  if (unknown === undefined) return undefined;
  return `installs '${unknown}', which the test does not know: correct it, or declare it in test/docs/check/page-globals.d.ts`;
}

let known: ReadonlySet<string> | undefined;

function knownPackages(): ReadonlySet<string> {
  known ??= new Set([
    ...['.', 'examples', ...filesIn('packages'), ...filesIn('examples')].flatMap(packagesOf),
    ...Array.from(
      read('test/docs/check/page-globals.d.ts').matchAll(/^declare module '(.+)'/gm),
      ([, name = '']) => name,
    ),
  ]);
  return known;
}

function packagesOf(folder: string): readonly string[] {
  if (!existsSync(join(ROOT, folder, 'package.json'))) return [];
  const { name = '', dependencies, devDependencies, peerDependencies } = manifestIn(folder);
  return [name, ...Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })];
}
