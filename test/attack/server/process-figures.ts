/** What the kernel says of a process and its sockets. Linux only. */

import { readdirSync, readFileSync } from 'node:fs';
import { MB } from '../units.js';

export interface ProcessFigures {
  readonly rssMb: number;
  readonly descriptors: number;
}

/** Undefined if there is no such process. */
export function processFigures(pid: number): ProcessFigures | undefined {
  try {
    const rssKb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return {
      rssMb: Number(rssKb) / 1024,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    return undefined;
  }
}

/** Seconds of a processor that the process has used. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before the bracket may hold spaces. Fields 14 and 15 are user and system time, in ticks of 10 ms.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

/** Megabytes that the kernel holds for connections of a local port and has not delivered. */
export function unsentMb(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let bytes = 0;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, address = '', , , queues = ''] = line.trim().split(/\s+/);
    if (address.endsWith(local)) bytes += Number.parseInt(queues.split(':')[0] ?? '0', 16);
  }
  return bytes / MB;
}
