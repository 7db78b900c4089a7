/** The arguments of the product's own command, as its help lists them. */

import { spawnSync } from 'node:child_process';
import { COMMAND } from '../../support/command.js';
import type { PageCommand } from './commands.js';

/** `session-monitor COMMAND --flag value` */
export function checkProduct(
  { env, pageCode }: PageCommand,
  [name = '', ...words]: readonly string[],
): string | undefined {
  if (name.startsWith('-')) return checkFlags([name, ...words], helpOf());
  const help = helpOf(name);
  if (help === undefined) return `runs 'session-monitor ${name}', which does not exist`;
  return checkVariables(Object.keys(env), pageCode) ?? checkFlags(words, help);
}

/** `npm start -- --flag value` */
export const checkServe = (command: PageCommand, words: readonly string[]): string | undefined =>
  checkProduct(command, ['serve', ...words]);

/**
 * @param names of variables of the server, each with or without `=value`
 * @param pageCode names the variables that code of the page reads
 */
export const checkVariables = (names: readonly string[], pageCode: string): string | undefined =>
  checkNames(names, `${helpOf('serve')}\n${pageCode}`);

/** @param text that has each variable there is */
export function checkNames(names: readonly string[], text = ''): string | undefined {
  const unknown = names
    .map(nameOf)
    .find((name) => !new RegExp(`(?<!\\w)${name}(?!\\w)`).test(text));
  return unknown === undefined ? undefined : `sets ${unknown}, which nothing reads`;
}

/** @param text that has each flag there is */
export function checkFlags(words: readonly string[], text = ''): string | undefined {
  const flags = words.filter((word) => /^--?\w/.test(word)).map(nameOf);
  const unknown = flags
    .filter((flag) => flag !== '--help')
    .find((flag) => !new RegExp(`(?<![\\w-])${flag}(?![\\w-])`).test(text));
  return unknown === undefined ? undefined : `has the flag ${unknown}, which does not exist`;
}

const nameOf = (assignment: string): string => assignment.split('=', 1)[0] ?? '';

const helps = new Map<string, string | undefined>();

/** The help of one of its commands, or its own; undefined if there is no such command. */
function helpOf(name = ''): string | undefined {
  if (!helps.has(name)) {
    const words = [COMMAND, ...(name === '' ? [] : [name]), '--help'];
    const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    helps.set(name, status === 0 ? stdout : undefined);
  }
  return helps.get(name);
}
