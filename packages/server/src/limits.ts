/**
 * What one peer may use of a server. Each limit has a default, a counter and a trace line a minute
 * (`observe/limit-hits.ts`); docs/security.md has the table with the reasons.
 */

/** Times are milliseconds. */
export interface ServerLimits {
  /** Calls of `authorize` that one connection may have under way; some more wait for their turn. */
  readonly authorizeCalls: number;
  /** How long `authorize` may take before its caller has to try again. */
  readonly authorizeTimeoutMs: number;
  /** Refusals by `authorize` within a minute after which a connection is closed. */
  readonly refusalsPerMinute: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  // A page follows a few threads; a hook that asks a database gets no flood from one socket.
  authorizeCalls: 8,
  // A user waits no longer before trying again.
  authorizeTimeoutMs: 5_000,
  // A page whose token has expired is refused once for each thread; a guess is refused every time.
  refusalsPerMinute: 10,
};

export type LimitName = keyof ServerLimits;
