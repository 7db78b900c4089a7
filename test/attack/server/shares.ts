/** What of the machine each process gets. */

import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

/** Whether the machine can give the server a core for itself. */
const canPin = (): boolean => cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Pins all threads of a process to the first core, or keeps it off that one, where the machine can. */
export function pin(pid: number, role: 'server' | 'others'): void {
  if (!canPin()) return;
  const cores = role === 'server' ? '0' : `1-${cpus().length - 1}`;
  spawnSync('taskset', ['--all-tasks', '--pid', '--cpu-list', cores, String(pid)]);
}

/** The attacker shares cores with the healthy user, and must not slow it by that alone: it runs when nothing else wants to. */
export function yieldToOthers(pid: number): void {
  spawnSync('chrt', ['--idle', '--all-tasks', '--pid', '0', String(pid)]);
}

/** The command under which a program has so many descriptors. From its start on: the server reads its limit then. */
export const underLimit = (descriptors: number | undefined): readonly string[] =>
  descriptors === undefined ? [] : ['prlimit', `--nofile=${descriptors}:${descriptors}`];
