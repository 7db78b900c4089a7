/** What a replay says of a line: that a core decides otherwise, and what each of them says. */

import type { TraceLine } from '../../../packages/server/src/observe/session-trace/line.js';

type Value = string | number | boolean | null | undefined;

export interface Divergence {
  /** What differs, in words. */
  readonly what: string;
  readonly traced: Value;
  readonly decided: Value;
}

/** The first of some values that differs; each by its name, as the trace and as the core has it. */
export function firstDifference(
  values: Readonly<Record<string, readonly [traced: Value, decided: Value]>>,
): Divergence | undefined {
  for (const [what, [traced, decided]] of Object.entries(values)) {
    if ((traced ?? undefined) !== (decided ?? undefined)) return { what, traced, decided };
  }
  return undefined;
}

/** A number of a line. A line of another version may not have it. */
export function numberIn(line: TraceLine, field: string): number | undefined {
  const value = line[field];
  return typeof value === 'number' ? value : undefined;
}
