/** Where lines are kept: in memory (`ring.ts`), in files (`trace-files.ts`), or nowhere. */

/** Sees a line as it stands there; see `raw-line.ts`. Returns false to see no more. */
export type Visit = (raw: string) => boolean;

export interface TraceStore {
  readonly kept: 'memory' | 'files' | 'nowhere';
  /** The most that it keeps, in bytes. */
  readonly maxBytes: number;
  /** Why it keeps nothing at the moment, and since when (milliseconds since 1970). */
  readonly stopped: { readonly code: string; readonly at: number } | undefined;
  /** Lines of this process that it could not keep. */
  readonly dropped: number;
  /** Takes a line, with its end. Never throws (I11). */
  append(line: string): void;
  /** Visits the lines, newest first. Those of one process are in their order. */
  scan(visit: Visit): Promise<void>;
  /** Overwrites the lines that `isErased` picks. */
  erase(isErased: Visit): Promise<void>;
  /** The time of the oldest line; undefined if there is none. */
  oldest(): Promise<number | undefined>;
  /** Resolves when all that was taken is written. */
  close(): Promise<void>;
}

/** The session trace is off. */
export const NOWHERE: TraceStore = {
  kept: 'nowhere',
  maxBytes: 0,
  stopped: undefined,
  dropped: 0,
  append: () => {},
  scan: async () => {},
  erase: async () => {},
  oldest: async () => undefined,
  close: async () => {},
};
