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
  /**
   * How long a connection may follow nothing from its beginning. Only on a server of sessions alone; Infinity: without a
   * limit.
   */
  readonly registerTimeoutMs: number;
  /** Packets that a connection may send, each second on average. Only on a server of sessions alone. */
  readonly packetsPerSecond: number;
  /** Ephemeral events that a client may send on a thread, each second on average; programs are not limited. */
  readonly ephemeralsPerSecond: number;
  /** Replies that may wait or be produced at a time. Each holds its message in memory. */
  readonly runs: number;
  /** Those of one user, or of one address without a user that `authorize` names. */
  readonly runsPerUser: number;
  /**
   * How long readers that are far behind may catch up at a time, before live traffic has its turn for as long.
   * 0: one frame at a time.
   */
  readonly catchUpMs: number;
  /** HTTP requests of one connection whose answers have not left. The routes answer them one after another. */
  readonly requestsPerConnection: number;
  /** How long the reader of a stream over HTTP may take nothing of what waits for it. */
  readonly streamTimeoutMs: number;
  /** The most that one packet, or the packets of one polling request, may hold, in bytes. `createApp` sets it. */
  readonly payloadBytes: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  // A page follows a few threads; a hook that asks a database gets no flood from one socket.
  authorizeCalls: 8,
  // A user waits no longer before trying again.
  authorizeTimeoutMs: 5_000,
  // A page whose token has expired is refused once for each thread; a guess is refused every time.
  refusalsPerMinute: 10,
  // As long as a monitor waits for its token.
  registerTimeoutMs: 10_000,
  // A page with 256 threads pings 17 times a second, and acknowledges some frames.
  packetsPerSecond: 200,
  // A cursor that moves looks smooth. Each goes to every reader of the thread.
  ephemeralsPerSecond: 10,
  runs: 1_000,
  // A user waits for one reply, in a few tabs. An office behind one address has more, and users.
  runsPerUser: 50,
  // Live traffic waits no longer for its turn, and readers that catch up get half of a server without other work.
  catchUpMs: 5,
  // Browsers and agents wait for each answer. Programs that measure send some dozen ahead.
  requestsPerConnection: 64,
  // The kernel holds up to 4 MB for a reader that takes nothing. One that comes back goes on where it was.
  streamTimeoutMs: 60_000,
  // Above the largest event of a client. The server parses it in one go, in half a millisecond.
  payloadBytes: 64 * 1024,
};

export type LimitName = keyof ServerLimits;
