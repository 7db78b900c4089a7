/**
 * The store contract: where logs, the list of threads, sessions and runs live. An implementation passes the conformance
 * suite in `testing/`. Everything a server knows beyond a restart goes through here.
 *
 * Rules that the suite checks and the rest of the server relies on:
 *
 * - A promise of a write resolves only when the write is as durable as the store is (I1). Nothing is
 *   readable before that: `head` and `read` know only confirmed appends.
 * - Within an epoch offsets are 1, 2, 3 … without holes (I2). A batch's tag is never used again.
 * - An append is atomic. The same `message_id` on the same thread is appended once (I8).
 * - After a write that failed for good the store refuses every further one: whoever runs it stops.
 */

import type { ThreadChange, ThreadMetadata, Transport } from '@session-monitor/protocol';
import type { Retention } from '../core/retention.js';
import type { EventBatch } from './event-batch.js';

/** How far a thread's log goes. */
export interface ThreadHead {
  readonly epoch: string;
  /** The durable head: the last confirmed offset, 0 for none. */
  readonly offset: number;
  /** The tag of the batch that holds `offset`. */
  readonly tag: string;
  /** Events up to and including this offset are gone; 0 if none are. */
  readonly base: number;
  /** The tag of the batch that held `base`. */
  readonly baseTag: string;
  /** The incarnation before this one, for readers that still have its cursor. */
  readonly previous?: {
    readonly epoch: string;
    readonly reason: 'deleted';
    /** When it ended, in wall milliseconds; unknown of those that an earlier version has ended. */
    readonly at?: number;
  };
}

/** How an append is named and fenced. */
export interface AppendOptions {
  /** The sender's name for this append; appended at most once per thread while the log is kept (I8). */
  readonly message_id?: string;
  /** Append only while the run is open and this token is its newest (I7). */
  readonly fence?: Fence;
  /** Enters the thread in the list of threads in the same step. Not for the private log of a run. */
  readonly touch?: ThreadTouch;
}

/**
 * What an append does to the thread's entry in the list of threads; it makes one if there is none. An append that
 * writes nothing changes nothing there either.
 */
export interface ThreadTouch {
  /** The last activity is now. Of a new entry it is so anyway. */
  readonly active?: boolean;
  /** The owner of a thread that has none. */
  readonly user_id?: string;
  /** The title of a thread whose title was never set or removed. */
  readonly title?: string;
}

/** Binds an append to an open run and to its newest owner. */
export interface Fence {
  /** A run of the log's thread: see `threadOfLog`. */
  readonly run_id: string;
  readonly token: number;
  /**
   * Opens the run in the same step, with token 1: there is no run without its first event. Fenced if there
   * is such a run already.
   */
  readonly start?: NewRun;
  /** Closes the run in the same step: nothing fenced by it is appended afterwards. */
  readonly finish?: RunStatus;
}

export type AppendOutcome =
  | {
      readonly outcome: 'appended';
      readonly epoch: string;
      readonly first: number;
      readonly last: number;
    }
  /** The message id was appended before, at these offsets. Nothing was written. */
  | {
      readonly outcome: 'duplicate';
      readonly epoch: string;
      readonly first: number;
      readonly last: number;
    }
  /** The fence is closed or another token holds it. Nothing was written. */
  | { readonly outcome: 'fenced' }
  /** The store cannot tell whether it was written. Ask again with the same message id. */
  | { readonly outcome: 'unknown'; readonly cause: Error };

/** One event that stands for those at several offsets, for readers who have none of them yet. */
export interface CompactedRange {
  readonly first: number;
  readonly last: number;
  /** As it is encoded: `["name",data]`. */
  readonly event: string;
}

/** How much one read of a log returns. */
export interface ReadLimits {
  /** At least one batch is returned, however large, if there is any. */
  readonly maxBytes: number;
  /** Read compacted ranges in place of what they stand for, where the reader is at the beginning of one. */
  readonly compacted?: boolean | undefined;
}

/** What one read of a log has found. */
export interface ReadOutcome {
  readonly head: ThreadHead;
  /**
   * Consecutive batches. The first holds `after + 1`, or is the first one kept if that is gone (then
   * `head.base > after`). Empty at the head.
   */
  readonly batches: readonly EventBatch[];
}

/** Where an offset is in its log. */
export interface Location {
  readonly head: ThreadHead;
  /** The tag of the batch that holds the offset; undefined if it is trimmed or past the head. */
  readonly tag?: string;
}

/** How far a log was trimmed. */
export interface TrimOutcome {
  readonly base: number;
  /** Whether there is more to trim: trimming stops early so that it never holds others up. */
  readonly more: boolean;
}

/**
 * @param batch what has moved the head there, if the store has it at hand: it begins at the offset after
 *   the one that the head was at
 * @param diverged the log has lost what was told last: whoever has read that far may have read something
 *   else than what is there now
 */
export type HeadListener = (head: ThreadHead, batch?: EventBatch, diverged?: boolean) => void;

/** The logs of a store. */
export interface LogStore {
  /** The thread's head; creates the thread, with a new epoch, if there is none. */
  open(thread_id: string): Promise<ThreadHead>;
  /** The thread's head, or undefined for a thread that was never opened or appended to. */
  head(thread_id: string): Promise<ThreadHead | undefined>;
  /** Appends encoded events (`["name",data]`), creating the thread if there is none. */
  append(
    thread_id: string,
    events: readonly string[],
    options?: AppendOptions,
  ): Promise<AppendOutcome>;
  /** The batches after an offset, up to the durable head. */
  read(thread_id: string, after: number, limits: ReadLimits): Promise<ReadOutcome>;
  /** Where an offset is, to check a cursor's tag. The base has one, too. */
  locate(thread_id: string, offset: number): Promise<Location>;
  /**
   * Adds compacted ranges over events of an incarnation that are in the log; those stay for readers in the middle.
   * Nothing happens if the thread is of another incarnation by now.
   */
  compact(thread_id: string, epoch: string, ranges: readonly CompactedRange[]): Promise<void>;
  /** Drops whole batches from the old end, at most `maxBatches` of them. Offsets go on from the head. */
  trim(thread_id: string, retention: Retention, maxBatches: number): Promise<TrimOutcome>;
  /** Erases the thread: a new, empty epoch. Resolves when no reader can see the old one. */
  delete(thread_id: string): Promise<ThreadHead>;
  /** Erases the thread and that it ever was: for logs that nobody can hold a cursor of. */
  forget(thread_id: string): Promise<void>;
  /**
   * Forgets the thread if it keeps no event, nobody follows it, and it has been so since before
   * `wall`. Resolves with whether it did.
   */
  forgetIdle(thread_id: string, wall: number): Promise<boolean>;
  /** Thread ids in order, after `after`. */
  threads(after: string, limit: number): Promise<readonly string[]>;
  /** Calls `listener` after each advance or change of epoch. Returns the end of it. */
  follow(thread_id: string, listener: HeadListener): () => void;
}

/**
 * A thread as the list of threads has it. The entry belongs to the thread's log: `delete`, `forget` and `forgetIdle`
 * erase it in the same step. Times are milliseconds since 1970.
 */
export interface ThreadEntry {
  readonly thread_id: string;
  /** Null for none. */
  readonly title: string | null;
  /** The owner; null for none. */
  readonly user_id: string | null;
  readonly metadata: ThreadMetadata;
  /** When the thread was entered. */
  readonly created_at: number;
  /** A whole number. */
  readonly last_activity: number;
  /** The offset of the durable head. */
  readonly head: number;
  /** Whether a run is open whose parts go to the thread's own log. */
  readonly running: boolean;
}

/** Where an entry is in the list: the newest activity first; of two of the same time the greater id. */
export type ThreadPlace = Pick<ThreadEntry, 'last_activity' | 'thread_id'>;

export interface ThreadListQuery {
  /** Only the threads of this owner. */
  readonly user_id?: string;
  /** Entries behind this place. */
  readonly after?: ThreadPlace;
  readonly limit: number;
}

/** The list of threads. An append with a `touch` enters a thread, and so does `update`. */
export interface ThreadStore {
  /** Undefined for a thread that is not in the list. */
  get(thread_id: string): Promise<ThreadEntry | undefined>;
  /** Entries in the order of the list. */
  list(query: ThreadListQuery): Promise<readonly ThreadEntry[]>;
  /**
   * Changes an entry; enters a thread that has events. Resolves with the entry, or with undefined for a thread that
   * is not in the list and never had an event.
   */
  update(thread_id: string, change: ThreadChange): Promise<ThreadEntry | undefined>;
  /**
   * Corrects the places of these threads after a crash; the clean-up calls it. Absent in a store that writes an entry
   * and its place in one step.
   */
  mend?(thread_ids: readonly string[]): Promise<void>;
}

export type SessionState = 'connected' | 'disconnected' | 'expired';

/** A session's newest stay on a connection, as of when it was written. */
export interface SessionAttachment {
  /** The Socket.IO socket. In v1 its id is the session's name on the wire. */
  readonly connection: string;
  readonly transport: Transport;
  readonly connected_at: number;
  /** When there was activity last. */
  readonly active_at: number;
  /** When the client pinged last; null if it never did. */
  readonly pinged_at: number | null;
}

/** A session as it survives its server. Times are milliseconds since 1970. */
export interface SessionRecord {
  readonly session_id: string;
  /** What its client speaks. */
  readonly dialect: 1 | 2;
  readonly secret: string;
  readonly thread_id: string;
  readonly user_id: string | null;
  readonly instance: string;
  readonly attempt: number;
  /** Grows with every registration; the newest owns the session (I6). */
  readonly generation: number;
  readonly created_at: number;
  /** The server process that carries it, or did last. */
  readonly node: string;
  /** Where this instance began, for a registration whose receipt was lost. */
  readonly start: string;
  /** Where the instances began that had the session before, newest first. One whose receipt was lost comes back to it. */
  readonly former?: readonly { readonly instance: string; readonly start: string }[];
  /** A cursor at or before what the client is known to have; as of the newest write. */
  readonly position: string;
  readonly stay: SessionAttachment;
  readonly state: SessionState;
  /** When the state was entered. */
  readonly since: number;
  /** When it may be expired (disconnected) or forgotten (expired); null while connected. */
  readonly due_at: number | null;
  /** Why it expired; shown to a client that comes back (a tombstone). */
  readonly expiry?: { readonly reason: string; readonly detail: string };
}

/** The session records of a store. */
export interface SessionStore {
  get(session_id: string): Promise<SessionRecord | undefined>;
  /**
   * Writes the record if the stored generation is `expected` (0: there is none). Resolves with
   * whether it was written.
   */
  put(record: SessionRecord, expected: number): Promise<boolean>;
  /** Removes the record if its generation is `expected`. */
  remove(session_id: string, expected: number): Promise<boolean>;
  /** Records whose `due_at` is at or before `wall`, oldest first. */
  due(wall: number, limit: number): Promise<readonly SessionRecord[]>;
  /** All records by id, after `after`. */
  list(after: string, limit: number): Promise<readonly SessionRecord[]>;
  /** The records of one thread by id, after `after`. */
  ofThread(thread_id: string, after: string, limit: number): Promise<readonly SessionRecord[]>;
  /** How many records there are in each state. */
  counts(): Promise<SessionCounts>;
}

export type SessionCounts = Readonly<Record<SessionState, number>>;

export type RunStatus = 'completed' | 'failed' | 'cancelled' | 'interrupted';

/** One reply being produced. */
export interface RunRecord {
  readonly run_id: string;
  /** The thread it was asked on. */
  readonly thread_id: string;
  /** The log its parts go to: the thread's, or one of its own. */
  readonly log_id: string;
  /** A cursor of that log before the run's first part. */
  readonly cursor: string;
  /** Tells what was asked from what else may be asked under the same id (I8). */
  readonly fingerprint: string;
  /** The server process that produces it, or did last. */
  readonly node: string;
  /** Until when that process has it, unless it says so again; milliseconds since 1970. */
  readonly lease_until: number;
  /** The fencing token: grows with every owner. */
  readonly token: number;
  readonly status: 'running' | RunStatus;
  /** Milliseconds since 1970. */
  readonly started_at: number;
  /** Null while it runs. */
  readonly ended_at: number | null;
}

export type NewRun = Omit<RunRecord, 'token' | 'status' | 'ended_at'>;

/** What finds a run: a store that is spread over machines keeps it with its thread. */
export type RunKey = Pick<RunRecord, 'thread_id' | 'run_id'>;

/** The runs of a store. */
export interface RunStore {
  /** Opens a run with token 1. A run id is used once: undefined if there is such a run already. */
  start(run: NewRun): Promise<RunRecord | undefined>;
  /** Undefined for a run that there is not, or that is another thread's. */
  get(run: RunKey): Promise<RunRecord | undefined>;
  /** Takes an open run over from its owner: the next token. Undefined if it is closed. */
  takeOver(run: RunKey): Promise<RunRecord | undefined>;
  /** Prolongs the lease. False, and nothing is changed, unless the run is open and `token` its newest. */
  renew(run: RunKey, token: number, lease_until: number): Promise<boolean>;
  /**
   * The open runs. A store of one process knows when it is opened that whoever had them is gone: their
   * leases are over.
   */
  open(): Promise<readonly RunRecord[]>;
  /** A thread's runs by id, after `after`. */
  ofThread(thread_id: string, after: string, limit: number): Promise<readonly RunRecord[]>;
  /** Removes a run that is closed. */
  remove(run: RunKey): Promise<void>;
  /** Removes runs that ended before `wall`, oldest first, and returns them. */
  prune(wall: number, limit: number): Promise<readonly RunRecord[]>;
}

/** The servers on one store: which are alive, which holds a leader lease, and messages between them. */
export interface NodeStore {
  /**
   * Says that a node lives for `ttlMs` from now, by the store's own clock. Resolves with whether it was on
   * the list: one that is not is new, or was given up in the meantime.
   */
  beat(node: string, ttlMs: number): Promise<boolean>;
  alive(): Promise<readonly string[]>;
  /** Nodes whose time is over, until they are forgotten. */
  lost(): Promise<readonly string[]>;
  /** Takes a node off the list and releases its leader leases. */
  forget(node: string): Promise<void>;
  /** Acquires or extends a leader lease, which one node at a time holds. Resolves with whether this node holds it. */
  tryAcquireLease(lease: string, node: string, ttlMs: number): Promise<boolean>;
  /** Tells a node something. It is lost if that does not listen. */
  tell(node: string, message: string): Promise<void>;
  /** Tells every other node that follows a thread something that is not kept. */
  publishEphemeral(thread_id: string, message: string): Promise<void>;
  /** Calls `listener` with ephemeral events that other nodes publish to threads that are followed here. */
  onEphemeral(listener: (thread_id: string, message: string) => void): void;
  /** Calls `listener` with what a node is told. Returns the end of it. */
  listen(node: string, listener: (message: string) => void): () => void;
}

/** Where logs, sessions, runs and the list of threads live. */
export interface Store {
  /** 'memory', 'lmdb', …; shown in logs. */
  readonly kind: string;
  /** Whether a confirmed write survives the process. Production refuses a store that is not. */
  readonly durable: boolean;
  readonly logs: LogStore;
  readonly threads: ThreadStore;
  readonly sessions: SessionStore;
  readonly runs: RunStore;
  /** Present where several servers may have the store open at a time. */
  readonly nodes?: NodeStore;
  /** Whether it answers at the moment; absent for a store that does, or fails for good. */
  isAvailable?(): boolean;
  /**
   * Calls `listener` once if a write fails for good (a failed flush is never retried). The process
   * must stop: what was not confirmed may or may not be there after a restart.
   */
  onFailure(listener: (error: Error) => void): () => void;
  /** Resolves when every write that was begun is confirmed and the files are closed. */
  close(): Promise<void>;
}
