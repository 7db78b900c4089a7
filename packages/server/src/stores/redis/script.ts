/** A Lua script. Redis keeps it under its hash and runs it atomically. */

import { createHash } from 'node:crypto';

export interface Script {
  readonly lua: string;
  readonly sha: string;
}

export function script(...parts: readonly string[]): Script {
  const lua = parts.join('\n');
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** A command: a script with its keys and arguments, or a Redis command by its name. */
export type Command = ScriptCommand | PlainCommand;

export interface ScriptCommand {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  /** The arguments of a repeated attempt, if they differ. It finds what an earlier one wrote. */
  readonly again?: () => readonly (string | number)[];
}

interface PlainCommand {
  readonly name: string;
  readonly args: readonly (string | number)[];
}
