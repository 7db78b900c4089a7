/** The command's flags: every variable of the configuration, and `--help`. */

import { parseArgs } from 'node:util';
import { ServerError } from '@session-monitor/server';
import { describeVariables, flagOf, VARIABLE_NAMES, type VariableName } from './config.js';

export const HELP = `Usage: session-monitor serve [FLAG VALUE …]

Serves Session Monitor with the embedded store. Stop it with Ctrl-C.

    npx session-monitor serve --port 5002 --data-dir ./elsewhere

Each setting is an environment variable and a flag; the flag wins:

${describeVariables()}

  -h  --help
      This text.
`;

export interface CommandLine {
  readonly help: boolean;
  /** The flags that were given, by the variable that each stands for. */
  readonly flags: Readonly<Partial<Record<VariableName, string>>>;
}

const VARIABLE_OF_FLAG = new Map(VARIABLE_NAMES.map((name) => [flagOf(name), name]));

/** @throws ServerError ERR_CONFIG: one line with what is not a flag, or lacks its value */
export function readCommandLine(args: readonly string[]): CommandLine {
  const flags: Partial<Record<VariableName, string>> = {};
  let help = false;
  for (const token of tokensOf(args)) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw unknown(`argument ${JSON.stringify(token.value)}`);
    const flag = `--${token.name}`;
    const variable = VARIABLE_OF_FLAG.get(flag);
    if (token.name === 'help') help = true;
    else if (!variable) throw unknown(`flag ${token.rawName}`);
    else if (token.value === undefined) throw mistake(`${flag} needs a value: ${flag} …`);
    else flags[variable] = token.value;
  }
  return { help, flags };
}

/** Not strict: what Node would say of a mistake is several lines of advice about Node. */
function tokensOf(args: readonly string[]) {
  const variables = VARIABLE_NAMES.map((name) => [
    flagOf(name).slice('--'.length),
    { type: 'string' as const },
  ]);
  const options = {
    ...Object.fromEntries(variables),
    help: { type: 'boolean' as const, short: 'h' },
  };
  return parseArgs({ args: [...args], options, strict: false, tokens: true }).tokens;
}

const mistake = (message: string): ServerError => new ServerError('ERR_CONFIG', message);

const unknown = (what: string): ServerError =>
  mistake(`There is no ${what}. 'session-monitor serve --help' lists what there is.`);
