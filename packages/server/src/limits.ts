/**
 * What one peer may use of a server. Each limit has a default, a counter and a trace line a minute
 * (`observe/limit-hits.ts`); docs/security.md has the table with the reasons.
 */

/** Times are milliseconds. */
export interface ServerLimits {
  /**
   * Handshakes of one address, each second on average; a Socket.IO client makes one for each connection. Only on a server
   * of sessions alone, as the next one.
   */
  readonly handshakesPerSecond: number;
  /** Connections of one address that have not followed anything yet. */
  readonly unregistered: number;
  /**
   * Connections of all clients together; 0: as many as the descriptors of this process allow. Only on a server of sessions
   * alone, as the next one.
   */
  readonly connections: number;
  /** How late the event loop may be, on average of the last second, before new connections are refused; as the next one. */
  readonly loopDelayMs: number;
  /** How much of its memory the process may use before that, in percent of the heap or of what the system allows. */
  readonly memoryPercent: number;
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
  /**
   * Registrations of one user, and threads that it creates over HTTP, each second on average. Here and below a user is the one
   * that `authorize` names, else the address.
   */
  readonly registrationsPerSecond: number;
  /** New sessions of one user within the time that a session outlives its connection. */
  readonly sessionsPerUser: number;
  /** Requests of one user to replay a thread: resumes, and streams over HTTP that begin. */
  readonly resumesPerMinute: number;
  /** Events that one user publishes, each second on average, over sockets and HTTP. */
  readonly eventsPerSecond: number;
  /** Their bytes. */
  readonly eventBytesPerSecond: number;
  /** Streams over HTTP that one user has open on this node. */
  readonly streamsPerUser: number;
  /** Reports that the client of one session sends; ten times as many for one address. */
  readonly reportsPerMinute: number;
  /** Lines of the trace that one address causes without a right, each second on average: connections and refusals. */
  readonly linesPerSecond: number;
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
  // An office behind one address comes back after a restart: 300 at once, and the others within seconds.
  handshakesPerSecond: 100,
  // A client registers within a second. An idle connection costs a descriptor and 10 KiB.
  unregistered: 100,
  connections: 0,
  // A user notices half a second. A client that comes back is 50 to 100 ms of work with a hundred others.
  loopDelayMs: 200,
  memoryPercent: 90,
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
  // A page registers its threads at once, and an office behind one address many: 1,000 at once, then 50 a second.
  registrationsPerSecond: 50,
  // A record takes a kilobyte for half an hour after its client has left.
  sessionsPerUser: 5_000,
  // A page that comes back resumes its threads; 600 at once.
  resumesPerMinute: 600,
  // A backend may publish the words of many replies as one user.
  eventsPerSecond: 1_000,
  eventBytesPerSecond: 4 * 1024 * 1024,
  // Each may hold megabytes in the kernel if its reader stalls.
  streamsPerUser: 100,
  // A user presses the button twice. Each is a file of some 20 KiB.
  reportsPerMinute: 6,
  // 100 at once, for an office that comes back. A line takes 200 to 400 bytes.
  linesPerSecond: 10,
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

/** What hits are counted of: each limit, and `storage`, which is the room of the store. */
export type CountedLimit = LimitName | 'storage';
