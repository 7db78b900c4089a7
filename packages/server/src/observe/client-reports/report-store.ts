/** Where reports are kept: in memory (`report-memory.ts`), as files (`report-files.ts`), or nowhere. */

import type { TraceStore, Visit } from '../session-trace/trace-store.js';

/** The newest report of each session; the oldest of all go first. */
export interface ReportStore {
  readonly kept: TraceStore['kept'];
  /** Keeps it in place of the session's former one. Rejects if it cannot be written. */
  put(session_id: string, text: string): Promise<void>;
  get(session_id: string): Promise<string | undefined>;
  /** Visits the first line of each. */
  scan(visit: Visit): Promise<void>;
  /** Removes those whose first line `isErased` picks. */
  erase(isErased: Visit): Promise<void>;
  close(): Promise<void>;
}

/** How much is kept. */
export interface ReportBounds {
  readonly maxBytes: number;
  /** In milliseconds. */
  readonly maxAgeMs: number;
}

/** However small they are. */
export const MAX_REPORTS = 500;

/** The session trace is off. */
export const NO_REPORTS: ReportStore = {
  kept: 'nowhere',
  put: async () => {},
  get: async () => undefined,
  scan: async () => {},
  erase: async () => {},
  close: async () => {},
};

/** A report, as far as it counts for what is kept. */
export interface Countable {
  readonly bytes: number;
  /** In milliseconds since 1970. */
  readonly writtenAt: number;
}

/** Those that go: what is too old, and the oldest of what is too much together. Of two of one millisecond the later in the list is newer. Pure. */
export function reportsToRemove<Report extends Countable>(
  reports: readonly Report[],
  { maxBytes, maxAgeMs }: ReportBounds,
  wall: number,
): readonly Report[] {
  const newestFirst = reports.toReversed().sort((one, other) => other.writtenAt - one.writtenAt);
  let bytes = 0;
  return newestFirst.filter((report, index) => {
    bytes += report.bytes;
    return bytes > maxBytes || index >= MAX_REPORTS || report.writtenAt < wall - maxAgeMs;
  });
}
