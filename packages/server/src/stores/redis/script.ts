/** The Lua scripts. Redis keeps each under its hash and runs it atomically. What each takes and answers stands in its file. */

import { createHash } from 'node:crypto';
import { luaFile } from './lua.js';

/** The files in `lua/` that are scripts. The others are parts of them. */
export type ScriptName =
  // --- logs
  | 'append'
  | 'commit'
  | 'touch'
  | 'open'
  | 'look'
  | 'read'
  | 'locate'
  | 'compact'
  | 'trim'
  | 'erase'
  | 'forget'
  | 'forget-idle'
  // --- runs
  | 'start-run'
  | 'get-run'
  | 'take-run'
  | 'renew-run'
  | 'remove-run'
  | 'list-runs'
  // --- sessions
  | 'put-session'
  | 'remove-session'
  // --- the list of threads
  | 'get-entry'
  | 'update-entry'
  | 'correct-place'
  // --- nodes
  | 'beat'
  | 'alive'
  | 'lost'
  | 'acquire-lease'
  | 'release-lease'
  // --- start-up
  | 'probe';

interface Script {
  readonly lua: string;
  readonly sha: string;
}

export type Scripts = (name: ScriptName) => Script;

/** @param sharded whether channels live on one node of a cluster */
export function scriptsFor(sharded: boolean): Scripts {
  const scripts = new Map<ScriptName, Script>();
  return (name) => {
    const known = scripts.get(name);
    if (known) return known;
    const lua = `local SHARDED = ${sharded}\n${luaFile('args')}\n${withParts(luaFile(name))}`;
    const script = { lua, sha: createHash('sha1').update(lua).digest('hex') };
    scripts.set(name, script);
    return script;
  };
}

/** A line `-- include: NAME` stands for the text of another file. */
const withParts = (lua: string): string =>
  lua.replaceAll(/^-- include: ([a-z-]+)$/gm, (_, name: string) => luaFile(name));

/** A command: a script with its keys and arguments, or a Redis command by its name. */
export type Command = ScriptCommand | PlainCommand;

/** Named arguments. A script does not get those that are undefined or false. */
export type ScriptArgs = Readonly<Record<string, string | number | boolean | undefined>>;

export interface ScriptCommand {
  readonly script: ScriptName;
  readonly keys: readonly string[];
  /** A repeated attempt has the argument `repeated`, too: it finds what an earlier one wrote. */
  readonly args?: ScriptArgs;
  /** The arguments of each part of it. */
  readonly parts?: readonly ScriptArgs[];
}

interface PlainCommand {
  readonly name: string;
  readonly args: readonly (string | number)[];
}

/** A command as texts: its name, then its arguments. */
export type Call = readonly string[];

export function callOf(command: Command, repeated: boolean, scripts: Scripts): Call {
  if ('name' in command) return [command.name, ...command.args.map(String)];
  const { script, keys, args = {}, parts = [] } = command;
  const call = ['EVALSHA', scripts(script).sha, String(keys.length), ...keys];
  addArgs(call, args, repeated);
  for (const part of parts) addArgs(call, part, repeated);
  return call;
}

/** Adds the number of texts, then names and values in turn. */
function addArgs(call: string[], args: ScriptArgs, repeated: boolean): void {
  const countAt = call.push('') - 1;
  for (const name in args) {
    const value = args[name];
    if (value !== undefined && value !== false) call.push(name, value === true ? '1' : `${value}`);
  }
  if (repeated && args.repeated !== true) call.push('repeated', '1');
  call[countAt] = String(call.length - 1 - countAt);
}
