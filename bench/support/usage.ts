/** A process's use: processor time of all its threads, and memory by kind. */

import { readFileSync } from 'node:fs';

export interface Usage {
  /** Processor time since the process began, in microseconds. */
  readonly cpuUs: number;
  /** Monotonic milliseconds, the same for all processes of a machine. */
  readonly at: number;
}

export interface Memory {
  readonly heapBytes: number;
  /** Buffers and the like, outside the heap. */
  readonly externalBytes: number;
  readonly rssBytes: number;
  /** Resident memory without a backing file: without the pages of a mapped database. */
  readonly anonymousBytes: number;
}

/** `CLOCK_MONOTONIC` in milliseconds. */
export const clockMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system, at: clockMs() };
}

/** After a full collection, if the process was started with `--expose-gc`. */
export async function memory(): Promise<Memory> {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    heapBytes: heapUsed,
    externalBytes: external,
    rssBytes: rss,
    anonymousBytes: statusKiB('RssAnon') * 1024,
  };
}

function statusKiB(field: string): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}
