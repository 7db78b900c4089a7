/** The command that starts this server again, for the page that shows how to kill it. */

import type { Given } from './config.js';
import { flagOf, VARIABLE_NAMES, VARIABLES, type VariableName } from './variables.js';

/** What a shell takes as it is. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * Leaves secrets out: the terminal has them. Undefined if `PORT` is 0: the next start would choose another port.
 *
 * @param environment the process's own; npm says there which script it runs
 * @param flags by the variable that each stands for
 */
export function startCommand(environment: Given, flags: Given): string | undefined {
  const given = VARIABLE_NAMES.flatMap((name) => {
    const value = flags[name] || environment[name];
    return value && !isSecret(name) ? [[name, value] as const] : [];
  });
  if (given.some(([name, value]) => name === 'PORT' && Number(value) === 0)) return undefined;
  const words = given.flatMap(([name, value]) => [flagOf(name), quoted(value)]);
  const { command, separator } = commandOf(environment.npm_lifecycle_event);
  return [command, ...(words.length > 0 ? [...separator, ...words] : [])].join(' ');
}

/** @param script of npm's, if it is one that runs */
function commandOf(script: string | undefined) {
  if (script === 'start') return { command: 'npm start', separator: ['--'] };
  if (script === undefined || script === 'npx') {
    return { command: 'npx session-monitor serve', separator: [] };
  }
  return { command: `npm run ${script}`, separator: ['--'] };
}

const isSecret = (name: VariableName): boolean => 'secret' in VARIABLES[name];

const quoted = (value: string): string =>
  PLAIN.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
