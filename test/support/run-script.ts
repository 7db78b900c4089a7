/** Runs a script of the project to its end, for the short forms of long runs. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.js';

export interface ScriptRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** All of its output. */
  readonly all: string;
}

/** @param file of the folder `scripts/` */
export function runScript(file: string, args: readonly string[], timeoutMs = 170_000): ScriptRun {
  const { PATH = '', HOME = '' } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts', file), ...args],
    { encoding: 'utf8', env: { PATH, HOME }, timeout: timeoutMs },
  );
  return { status, stdout, stderr, all: `${stdout}${stderr}` };
}

/** Runs a program of `test/harness`: `npm run NAME -- ARGS`. */
export const runProgram = (name: string, ...args: readonly string[]): ScriptRun =>
  runScript('run.mjs', [name, ...args]);

/** What the report line of a program says. */
export const reportLine = ({ stdout }: ScriptRun): string =>
  /^(?:passed|FAILED): (.+)$/m.exec(stdout)?.[1] ?? '';

/** The report of a program that writes it to a file. */
export const reportFile = (run: ScriptRun): unknown =>
  JSON.parse(readFileSync(reportLine(run), 'utf8'));
