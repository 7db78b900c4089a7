/** A Lua script of ours: Redis keeps it under its hash, and runs it without anybody in between. */

import { createHash } from 'node:crypto';

export interface Script {
  readonly lua: string;
  readonly sha: string;
}

export function script(...parts: readonly string[]): Script {
  const lua = parts.join('\n');
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** A command: a script with its keys and arguments, or one of Redis's own by its name. */
export type Command = ScriptCommand | PlainCommand;

export interface ScriptCommand {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  /** The arguments of a further attempt, where they differ: what was written before is found then. */
  readonly again?: () => readonly (string | number)[];
}

export interface PlainCommand {
  readonly name: string;
  readonly args: readonly (string | number)[];
}
