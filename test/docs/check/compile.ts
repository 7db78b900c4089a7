/**
 * Compiles code of pages with the workspace's TypeScript, against the built packages: a wrong option or a method that
 * does not exist is an error. Each source is a module of a project in `.cache`, its code on the lines that it has in
 * the page. Names that a page uses without defining them are in `page-globals.d.ts`.
 */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/root.js';

export interface Source {
  readonly page: string;
  /** The line before the code. */
  readonly line: number;
  readonly language: 'js' | 'jsx' | 'ts' | 'tsx';
  readonly code: string;
}

const COMMON = {
  target: 'ES2023',
  lib: ['ES2023', 'DOM'],
  types: ['node'],
  module: 'ESNext',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  jsx: 'react-jsx',
  noEmit: true,
  skipLibCheck: true,
};
/** TypeScript of pages compiles in a strict project, with the decorators of NestJS. */
const TYPED = { ...COMMON, strict: true, experimentalDecorators: true };
/** JavaScript has no type annotations: missing types are `any`, and null checks are off. */
const UNTYPED = { ...COMMON, allowJs: true, checkJs: true, strict: false };

const TSC = join(ROOT, 'node_modules', '.bin', 'tsc');
const GLOBALS = join(ROOT, 'test', 'docs', 'check', 'page-globals.d.ts');
const UNDEFINED = 'Define it in the block, or declare it in test/docs/check/page-globals.d.ts.';
const ADVICE: Readonly<Record<string, string>> = {
  TS1127: "Write a comment where code is left out: '…' is no code.",
  TS2304: UNDEFINED,
  TS2552: UNDEFINED,
  TS18004: UNDEFINED,
  TS2307: 'Name a package that exists, or add it to those in test/docs/check/page-globals.d.ts.',
  TS2709: 'A file beside the page has no types here: show a file of this project, by file=PATH.',
};

/** Resolves with one line for each error: `README.md:31 …`. */
export async function compile(sources: readonly Source[]): Promise<readonly string[]> {
  const cache = join(ROOT, '.cache', 'docs');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'snippets-'));
  try {
    const isTyped = ({ language }: Source) => language.startsWith('ts');
    const typed = sources.filter(isTyped);
    const untyped = sources.filter((source) => !isTyped(source));
    const problems = await Promise.all([
      compileIn(join(folder, 'typed'), TYPED, typed),
      compileIn(join(folder, 'untyped'), UNTYPED, untyped),
    ]);
    return problems.flat();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compileIn(
  folder: string,
  compilerOptions: object,
  sources: readonly Source[],
): Promise<readonly string[]> {
  if (sources.length === 0) return [];
  mkdirSync(folder);
  const files = sources.map(({ language }, index) => `${index}.${language}`);
  const config = { compilerOptions, files: [...files, GLOBALS] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [index, file] of files.entries()) {
    writeFileSync(join(folder, file), asModule(sources[index] as Source));
  }
  return (await output(folder)).map((error) => {
    const [, file, line, code = '', message] =
      /^(\d+)\.\w+\((\d+),\d+\): error (TS\d+): (.*)$/s.exec(error) ?? [];
    const source = sources[Number(file)];
    if (!source) throw new Error(`The project of the pages' code does not compile: ${error}`);
    return [`${source.page}:${line} ${message}`, ADVICE[code]].filter(Boolean).join(' ');
  });
}

/** A file that a page imports from its own folder belongs to the reader: `page:*` is untyped. */
const asModule = ({ line, code }: Source): string =>
  '\n'.repeat(line) +
  code.replaceAll(/(\b(?:from|import)\b\s*\(?\s*['"])(?=\.{1,2}\/)/g, '$1page:');

/** The errors of the compiler for a project. */
function output(folder: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    execFile(TSC, ['-p', '.', '--pretty', 'false'], { cwd: folder }, (error, stdout, stderr) => {
      if (error && stdout === '') reject(new Error(stderr, { cause: error }));
      // Lines that are indented continue the error before them.
      else resolve(stdout.split(/\n(?! )/).filter((line) => line !== ''));
    });
  });
}
