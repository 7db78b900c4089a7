/** Code of pages in languages whose compilers report errors. */

import { spawnSync } from 'node:child_process';
import { compile as compileSvelte } from 'svelte/compiler';
import { compileScript, compileTemplate, parse } from 'vue/compiler-sfc';

/** Throws the error that it finds. */
export const CHECKS: Readonly<Record<string, (code: string) => void>> = {
  json: (code) => JSON.parse(code),
  // With comments, and `…` for omissions.
  jsonc: (code) => JSON.parse(withoutElisions(withoutComments(code))),
  svelte: (code) => compileSvelte(code, { filename: 'Page.svelte' }),
  vue(code) {
    const { descriptor, errors } = parse(code);
    const script = descriptor.scriptSetup ?? descriptor.script;
    if (script) compileScript(descriptor, { id: 'page' });
    const source = descriptor.template?.content ?? '';
    const template = compileTemplate({ source, filename: 'Page.vue', id: 'page' });
    for (const error of [...errors, ...template.errors]) throw error;
  },
  python(code) {
    const program =
      'import sys, textwrap; compile(textwrap.dedent(sys.stdin.read()), "page", "exec")';
    const { status, stderr } = spawnSync('python3', ['-c', program], {
      input: code,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr.trim().split('\n').slice(-4).join(' '));
  },
};

const STRING_OR = (pattern: string) => new RegExp(`("(?:[^"\\\\]|\\\\.)*")|${pattern}`, 'g');
const withoutComments = (code: string): string => code.replaceAll(STRING_OR('//.*'), '$1');
const withoutElisions = (code: string): string => code.replaceAll(STRING_OR(',?\\s*…'), '$1');

/** The scripts of a component, each with the number of lines before it. */
export const scriptsOf = (code: string): readonly (readonly [script: string, before: number])[] =>
  [...code.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(({ 1: script = '', index }) => [
    script,
    code.slice(0, index).split('\n').length - 1,
  ]);
