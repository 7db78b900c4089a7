/** Compares two measurements of a process: whether the second has more than it should. */

import type { Measurement } from './measure.js';

const TOLERANCE = 0.05;

/** What has grown beyond 5 %, one line each. */
export function growth(before: Measurement, after: Measurement): readonly string[] {
  const kinds = new Set([...Object.keys(before.resources), ...Object.keys(after.resources)]);
  const rows: readonly (readonly [string, number, number])[] = [
    ['heap', before.heap, after.heap],
    ['files', before.files, after.files],
    ...[...kinds].map(
      (kind) => [kind, before.resources[kind] ?? 0, after.resources[kind] ?? 0] as const,
    ),
  ];
  return rows
    .filter(([, from, to]) => to > from * (1 + TOLERANCE))
    .map(([name, from, to]) => `${name}: ${from} before, ${to} after`);
}
