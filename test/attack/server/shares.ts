/** What of the machine each process gets. */

import { spawnSync } from 'node:child_process';

/** The attacker shares cores with the healthy user, and must not slow it by that alone: it runs when nothing else wants to. */
export function yieldToOthers(pid: number): void {
  spawnSync('chrt', ['--idle', '--all-tasks', '--pid', '0', String(pid)]);
}

/** The command under which a program has so many descriptors. From its start on: the server reads its limit then. */
export const underLimit = (descriptors: number | undefined): readonly string[] =>
  descriptors === undefined ? [] : ['prlimit', `--nofile=${descriptors}:${descriptors}`];
