/** A command's flags: variables of the configuration, and `--help`. */

import { parseArgs } from 'node:util';
import type { ServerError } from '@session-monitor/server';
import { configError } from '@session-monitor/server/internal';
import { flagOf, VARIABLE_NAMES, type VariableName } from './variables.js';

export interface CommandLine {
  /** The flags without a value that were given, without their dashes. */
  readonly switches: ReadonlySet<string>;
  /** The flags that were given, by the variable that each stands for. */
  readonly flags: Readonly<Partial<Record<VariableName, string>>>;
  /** The arguments that are not flags. */
  readonly operands: readonly string[];
}

/** What a command takes. */
export interface Grammar {
  readonly command: string;
  readonly variables: readonly VariableName[];
  /** Flags without a value, besides `help`. */
  readonly switches: readonly string[];
  /** How many arguments that are not flags it takes at most. */
  readonly operands: number;
}

const SERVE: Grammar = {
  command: 'serve',
  variables: VARIABLE_NAMES,
  switches: ['check', 'json'],
  operands: 0,
};
const HELP_SWITCH = 'help';

/** @throws ServerError ERR_CONFIG: one line with what is not a flag, or lacks its value */
export function readCommandLine(args: readonly string[], grammar: Grammar = SERVE): CommandLine {
  const variableOf = new Map(grammar.variables.map((name) => [flagOf(name), name]));
  const unknown = (what: string): ServerError =>
    configError(
      `There is no ${what}. 'session-monitor ${grammar.command} --help' lists what there is.`,
    );
  const flags: Partial<Record<VariableName, string>> = {};
  const operands: string[] = [];
  const switches = new Set<string>();
  const allSwitches = [HELP_SWITCH, ...grammar.switches];
  for (const token of tokensOf(args, grammar.variables, allSwitches)) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      operands.push(token.value);
      if (operands.length <= grammar.operands) continue;
      throw unknown(`argument ${JSON.stringify(token.value)}`);
    }
    const flag = `--${token.name}`;
    const variable = variableOf.get(flag);
    if (allSwitches.includes(token.name)) switches.add(token.name);
    else if (!variable) throw unknown(`flag ${token.rawName}`);
    else if (token.value === undefined) throw configError(`${flag} needs a value: ${flag} …`);
    else flags[variable] = token.value;
  }
  return { switches, flags, operands };
}

/** Not strict: what Node would say of a mistake is several lines of advice about Node. */
function tokensOf(
  args: readonly string[],
  names: readonly VariableName[],
  switches: readonly string[],
) {
  const variables = names.map((name) => [
    flagOf(name).slice('--'.length),
    { type: 'string' as const },
  ]);
  const options = {
    ...Object.fromEntries(variables),
    ...Object.fromEntries(switches.map((name) => [name, { type: 'boolean' as const }])),
    [HELP_SWITCH]: { type: 'boolean' as const, short: 'h' },
  };
  return parseArgs({ args: [...args], options, strict: false, tokens: true }).tokens;
}
