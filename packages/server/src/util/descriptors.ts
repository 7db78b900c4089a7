/** How many files and connections this process may have open. */

import { readFileSync } from 'node:fs';

/** Kept for the store, the log, and connections that the server makes itself. */
const RESERVE_SHARE = 0.1;
const MIN_RESERVE = 64;
/** Where the system does not say: what most of them allow. */
const USUAL = 1_024;

/** How many connections fit, with a reserve for everything else. */
export function roomForConnections(descriptors: number = descriptorLimit()): number {
  if (descriptors === Number.POSITIVE_INFINITY) return descriptors;
  const reserve = Math.max(MIN_RESERVE, Math.ceil(descriptors * RESERVE_SHARE));
  return Math.max(1, descriptors - reserve);
}

/** As `ulimit -n` says. */
function descriptorLimit(): number {
  try {
    return readLimit(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return process.platform === 'win32' ? Number.POSITIVE_INFINITY : reportedLimit();
  }
}

/** @param text of `/proc/self/limits`: the soft limit is the first number */
export function readLimit(text: string): number {
  const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  if (soft === 'unlimited') return Number.POSITIVE_INFINITY;
  return soft === undefined ? USUAL : Number(soft);
}

function reportedLimit(): number {
  const { userLimits } = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: number | 'unlimited' } };
  };
  const soft = userLimits?.open_files?.soft ?? USUAL;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : soft;
}
